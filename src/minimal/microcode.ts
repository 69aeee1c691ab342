/** Processor microcode as entries of the early cpio. */
import { appendFileSync, mkdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { type MicrocodeVendor, microcodeFiles, microcodeVendors } from '../sysroot/microcode.ts';
import { sha256OfFile } from '../tools/sha256.ts';
import type { Entry } from './entries.ts';

/**
 * The entries of the early cpio: for each vendor all its files, one behind the other, made in `work`. No directories:
 * the kernel looks names up, and does not unpack these again into memory.
 */
export function microcodeEntries(
  wanted: readonly MicrocodeVendor[],
  sysroot: string,
  work: string,
): readonly Entry[] {
  mkdirSync(work, { recursive: true });
  return wanted.map((vendor): Entry => {
    const { target } = microcodeVendors[vendor];
    const source = join(work, target);
    rmSync(source, { force: true });
    for (const file of microcodeFiles(vendor, sysroot)) appendFileSync(source, readFileSync(file));
    const path = `/kernel/x86/microcode/${target}`;
    const [size, sha256] = [statSync(source).size, sha256OfFile(source)];
    return { type: 'file', path, mode: 0o644, part: 'microcode', source, size, sha256 };
  });
}
