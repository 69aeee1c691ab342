/** `bootrelay schema`: the JSON Schemas of what bootrelay writes, and of platform files. */
import { UsageError } from '../errors.ts';
import type { CommandResult } from '../host/result.ts';
import { schemas } from '../json/schemas.ts';
import { didYouMean } from '../text/suggestions.ts';

/** The names of all, or one schema. UsageError for another name. */
export async function schema({ name }: { readonly name: string | undefined }): Promise<CommandResult> {
  if (name === undefined) {
    const rows = Object.entries(schemas).map(([row, { describe }]) => ({ name: row, describe }));
    const text = rows.map((row) => `${row.name.padEnd(9)} ${row.describe}\n`).join('');
    return { exitCode: 0, text, json: { command: 'schema', schemas: rows }, findings: [] };
  }
  const row = Object.hasOwn(schemas, name) ? schemas[name] : undefined;
  if (!row) {
    const hint = didYouMean(name, Object.keys(schemas)) ?? '`bootrelay schema` lists them';
    throw new UsageError(`there is no schema ${name}; ${hint}`);
  }
  const made = row.make();
  const text = `${JSON.stringify(made, undefined, 2)}\n`;
  return { exitCode: 0, text, json: { command: 'schema', name, schema: made }, findings: [] };
}
