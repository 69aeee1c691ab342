/** A compressed segment of an initrd -> a file with the archives in it. */
import { join } from 'node:path';
import { FailedToolError, InitrdError } from '../errors.ts';
import { OutputLimitError, run } from '../tools/run.ts';
import type { Segment } from './segments.ts';

/** Bytes that an initrd may have, compressed or not: the most that a file in a cpio can have. */
export const largestInitrd = 4 * 1024 ** 3;

/**
 * Decompresses into `work` and gives the file; for a segment that is not compressed that is the initrd itself.
 * Throws InitrdError where there are more than `limit` bytes or the stream is damaged, ToolError.
 */
export async function decompressSegment(
  initrd: string,
  segment: Segment,
  work: string,
  limit: number = largestInitrd,
): Promise<string> {
  if (segment.compression === 'none') return initrd;
  const file = join(work, 'initrd.cpio');
  try {
    await run(
      { program: 'bsdcat', args: ['-'] },
      { inputFile: initrd, inputRange: segment, outputFile: file, outputLimit: limit },
    );
  } catch (error) {
    if (error instanceof OutputLimitError)
      throw new InitrdError(`${initrd} has ${error.message} when it is decompressed: it is no initrd`);
    if (!(error instanceof FailedToolError)) throw error;
    throw new InitrdError(`${initrd} is cut off or damaged: ${error.words}`);
  }
  return file;
}
