/** timeline.json: what `bootrelay boot` saw. */
import * as v from 'valibot';
import { formatNames } from './format-names.ts';

export const timelineSchema = v.object({
  format: v.literal(formatNames.timeline),
  milestones: v.array(
    v.object({
      name: v.string(),
      /** Seconds of the kernel's clock; before the kernel, of the machine's. */
      uptime: v.number(),
      stage: v.picklist(['firmware', 'kernel', 'stage 1', 'stage 2', 'system']),
    }),
  ),
  verdict: v.optional(v.looseObject({ ok: v.boolean(), summary: v.string() })),
});

/** What `bootrelay boot` leaves in timeline.json. */
export type MeasuredBoot = v.InferOutput<typeof timelineSchema>;
