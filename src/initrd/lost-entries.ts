/** What the kernel loses of an initrd -> findings. */
import { type Finding, finding } from '../findings.ts';

/** One finding for each sentence of `lost` (tree.ts). */
export function lostEntries(lost: readonly string[]): readonly Finding[] {
  return lost.map((sentence) => finding('initrd-entry-lost', sentence));
}
