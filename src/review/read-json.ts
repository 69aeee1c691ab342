/** What bootrelay wrote as JSON, read back: a file of somebody else's, or one that is cut off, is an error. */
import { existsSync, readFileSync } from 'node:fs';
import * as v from 'valibot';
import { ComparisonError } from '../errors.ts';
import type { BootPlan } from '../plan/boot-plan.ts';
import { type ReasonName, reasons } from '../plan/reasons.ts';

const texts = v.array(v.string());

const manifestSchema = v.object({
  bootrelay: v.string(),
  platform: v.string(),
  initrd: v.object({ size: v.number() }),
  fullInitrd: v.optional(v.object({ size: v.number() })),
  files: v.array(v.object({ path: v.string(), part: v.string() })),
  settings: v.record(v.string(), texts),
});

export type ReadManifest = v.InferOutput<typeof manifestSchema>;

const needsSchema = v.looseObject({
  modules: v.array(v.looseObject({ name: v.string(), optional: v.boolean() })),
  moduleDirectories: texts,
  programs: v.array(
    v.union([
      v.looseObject({ program: v.string() }),
      v.looseObject({ applet: v.string() }),
      v.looseObject({ own: v.string() }),
    ]),
  ),
  files: v.array(v.looseObject({ anyOf: texts })),
  inUsr: texts,
  deviceNodes: v.array(v.looseObject({ path: v.string() })),
  kernelOptions: v.array(v.looseObject({ option: v.string() })),
});

const name = v.pipe(v.string(), v.regex(/^[a-z][a-z0-9-]*$/));

const stepSchema = v.looseObject({
  name,
  explanation: texts,
  needs: needsSchema,
  uses: texts,
  provides: texts,
  places: v.record(v.string(), v.string()),
  variables: v.array(
    v.object({
      variable: v.string(),
      value: v.union([v.string(), v.number()]),
      setting: v.string(),
      where: v.string(),
    }),
  ),
  reasons: v.array(v.picklist(Object.keys(reasons) as ReasonName[])),
});

/** The parts of a plan that are shown. */
const planSchema = v.looseObject({
  platform: v.string(),
  form: v.picklist(['shell', 'systemd']),
  description: v.string(),
  architecture: v.string(),
  steps: v.pipe(v.array(stepSchema), v.minLength(1)),
  emergency: v.looseObject({
    action: v.looseObject({ value: v.string() }),
    delay: v.looseObject({ value: v.number() }),
  }),
});

const measuredBootSchema = v.object({
  milestones: v.array(
    v.object({
      name: v.string(),
      uptime: v.number(),
      stage: v.picklist(['firmware', 'kernel', 'stage 1', 'stage 2', 'system']),
    }),
  ),
  verdict: v.optional(v.looseObject({ ok: v.boolean(), summary: v.string() })),
});

/** What `bootrelay boot` leaves in timeline.json. */
export type MeasuredBoot = v.InferOutput<typeof measuredBootSchema>;

/** Throws ComparisonError. */
function readJson<Schema extends v.GenericSchema>(
  file: string,
  schema: Schema,
  what: string,
): v.InferOutput<Schema> {
  if (!existsSync(file)) throw new ComparisonError(`there is no ${file}, ${what}: it is not complete`);
  const parsed = v.safeParse(schema, parse(readFileSync(file, 'utf8')));
  if (parsed.success) return parsed.output;
  const [issue] = parsed.issues;
  const place = v.getDotPath(issue);
  throw new ComparisonError(`${file} is not ${what}, or is cut off${place === null ? '' : ` (at ${place})`}`);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** manifest.json of a build. Throws ComparisonError. */
export function readManifest(file: string): ReadManifest {
  return readJson(file, manifestSchema, 'the manifest of a build');
}

/** plan.json of a build by this release of bootrelay. Throws ComparisonError. */
export function readPlan(file: string): BootPlan {
  return readJson(file, planSchema, 'the boot plan of a build') as unknown as BootPlan;
}

/** timeline.json of a boot. Throws ComparisonError. */
export function readMeasuredBoot(file: string): MeasuredBoot {
  return readJson(file, measuredBootSchema, 'the timeline of a boot');
}
