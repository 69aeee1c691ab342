/** What the JSON files of bootrelay call themselves; apart from what reads them, since every command prints one and few read any. */

/**
 * The value of `format` in each: its kind, and a number that grows with each change that a reader of the one before would
 * not understand.
 */
export const formatNames = {
  manifest: 'bootrelay-manifest-1',
  plan: 'bootrelay-plan-1',
  timeline: 'bootrelay-timeline-1',
  sharing: 'bootrelay-sharing-1',
  result: 'bootrelay-result-1',
} as const;

export type FormatName = keyof typeof formatNames;
