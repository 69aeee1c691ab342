/** What every command prints with --json; each adds its own. */
import * as v from 'valibot';
import { formatNames } from './format-names.ts';

export const resultSchema = v.looseObject({
  format: v.literal(formatNames.result),
  command: v.string(),
  findings: v.array(
    v.looseObject({
      kind: v.string(),
      severity: v.picklist(['error', 'warning', 'note']),
      /** Section.Key */
      setting: v.optional(v.string()),
      file: v.optional(v.string()),
      line: v.optional(v.number()),
      message: v.string(),
      hint: v.optional(v.string()),
    }),
  ),
});
