/** What bootrelay wrote as JSON, read back: a file of another format, of somebody else's, or one that is cut off, is an error. */
import { existsSync, readFileSync } from 'node:fs';
import type * as v from 'valibot';
import { ComparisonError } from '../errors.ts';
import type { FormatName } from '../json/format-names.ts';
import { type FormatSchema, parseFormat } from '../json/formats.ts';
import { type Manifest, manifestSchema } from '../json/manifest.ts';
import { planSchema } from '../json/plan.ts';
import { type MeasuredBoot, timelineSchema } from '../json/timeline.ts';
import type { BootPlan } from '../plan/boot-plan.ts';

/** Throws ComparisonError. */
function readJson<Schema extends FormatSchema>(
  file: string,
  name: FormatName,
  schema: Schema,
  what: string,
): v.InferOutput<Schema> {
  if (!existsSync(file)) throw new ComparisonError(`there is no ${file}, ${what}: it is not complete`);
  const read = parseFormat(readFileSync(file, 'utf8'), name, schema);
  if ('value' in read) return read.value;
  throw new ComparisonError(`${file}, ${what}, ${read.problem}`);
}

/** manifest.json of a build. Throws ComparisonError. */
export function readManifest(file: string): Manifest {
  return readJson(file, 'manifest', manifestSchema, 'the manifest of a build');
}

/** plan.json of a build by this release of bootrelay. Throws ComparisonError. */
export function readPlan(file: string): BootPlan {
  return readJson(file, 'plan', planSchema, 'the boot plan of a build') as unknown as BootPlan;
}

/** timeline.json of a boot. Throws ComparisonError. */
export function readMeasuredBoot(file: string): MeasuredBoot {
  return readJson(file, 'timeline', timelineSchema, 'the timeline of a boot');
}
