/** plan.json of a build: its boot, step by step. Another release may write another kind of plan. */
import * as v from 'valibot';
import { type ReasonName, reasons } from '../plan/reasons.ts';
import { formatNames } from './format-names.ts';

const texts = v.array(v.string());

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

/** The parts of a plan that are shown; there are others. */
export const planSchema = v.looseObject({
  format: v.literal(formatNames.plan),
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
