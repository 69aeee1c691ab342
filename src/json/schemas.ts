/** JSON Schemas (draft 2020-12) of what bootrelay writes, from the schemas that it reads it back with, and one for platform files. */
import { toJsonSchema } from '@valibot/to-json-schema';
import type { AnySetting } from '../config/setting.ts';
import { isList } from '../config/setting.ts';
import { settingRows } from '../config/settings.ts';
import { manifestSchema } from './manifest.ts';
import { planSchema } from './plan.ts';
import { resultSchema } from './result.ts';
import { sharingSchema } from './sharing.ts';
import { timelineSchema } from './timeline.ts';

interface SchemaRow {
  readonly describe: string;
  readonly make: () => object;
}

const draft = { target: 'draft-2020-12', errorMode: 'ignore' } as const;

/** Each schema by its name. */
export const schemas: Readonly<Record<string, SchemaRow>> = {
  manifest: { describe: 'manifest.json of a build', make: () => toJsonSchema(manifestSchema, draft) },
  plan: { describe: 'plan.json of a build', make: () => toJsonSchema(planSchema, draft) },
  platform: {
    describe: 'a platform file, as its sections and their settings: for editors',
    make: platformSchema,
  },
  result: {
    describe: 'what every command prints with --json',
    make: () => toJsonSchema(resultSchema, draft),
  },
  sharing: {
    describe: 'NAME.shared.json beside a thin image',
    make: () => toJsonSchema(sharingSchema, draft),
  },
  timeline: {
    describe: 'timeline.json of a boot',
    make: () => toJsonSchema(timelineSchema, draft),
  },
};

/** Sections and keys of a platform file; a list may be given as several lines, so that its value is one text or many. */
function platformSchema(): object {
  const sections = [...new Set(settingRows.map(({ section }) => section))];
  const ofSection = (name: string) =>
    settingRows
      .filter(({ section }) => section === name)
      .map(({ key, setting }) => [key, settingSchema(setting)] as const);
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'A platform of bootrelay',
    type: 'object',
    properties: Object.fromEntries(
      sections.map((name) => [
        name,
        { type: 'object', properties: Object.fromEntries(ofSection(name)), additionalProperties: false },
      ]),
    ),
    additionalProperties: false,
  };
}

function settingSchema(setting: AnySetting): object {
  const one = valueSchema(setting.type);
  const value = isList(setting)
    ? { anyOf: [{ type: 'string' }, { type: 'array', items: { type: 'string' } }] }
    : one;
  return { description: setting.help, ...value };
}

/** A value as text; an empty one resets a setting. */
function valueSchema({ choices = [], name, parse }: AnySetting['type']): object {
  // Some types have words of their own beside any other value.
  if (choices.length === 0 || name.includes(' or '))
    return { type: 'string', ...(choices.length > 0 && { examples: choices }) };
  const several = choices.length > 1 && 'value' in parse(choices.slice(0, 2).join(' '));
  const word = `(${choices.join('|')})`;
  return several ? { type: 'string', pattern: `^(${word}( ${word})*)?$` } : { enum: ['', ...choices] };
}
