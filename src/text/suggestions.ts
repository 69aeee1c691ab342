/** The nearest known word to a mistyped one. */
import { distance, closest as nearest } from 'fastest-levenshtein';

/** The candidate that is near enough to be what was meant, or undefined. Case does not count. */
export function closest(word: string, candidates: readonly string[]): string | undefined {
  const lowered = candidates.map((candidate) => candidate.toLowerCase());
  if (lowered.length === 0) return undefined;
  const best = nearest(word.toLowerCase(), lowered);
  const near = distance(word.toLowerCase(), best) <= Math.max(1, Math.floor(word.length / 3));
  return near ? candidates[lowered.indexOf(best)] : undefined;
}

/** The hint for a mistyped word, where there is something near. */
export function didYouMean(word: string, candidates: readonly string[]): string | undefined {
  const near = closest(word, candidates);
  return near && `did you mean ${near}?`;
}
