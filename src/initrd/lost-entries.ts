/** What the kernel loses of an initrd -> findings. */
import { type Finding, finding } from '../findings.ts';

/** How many are told one by one. */
const mostTold = 10;

/** One finding for each sentence of `lost` (tree.ts), and one that counts those that are too many. */
export function lostEntries(lost: readonly string[]): readonly Finding[] {
  const told = lost.length <= mostTold ? lost : lost.slice(0, mostTold - 1);
  const rest = lost.length - told.length;
  const sentences =
    rest === 0 ? told : [...told, `${rest} more entries are lost in the same way, of ${lost.length}`];
  return sentences.map((sentence) => finding('initrd-entry-lost', sentence));
}
