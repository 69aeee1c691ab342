/** A file that has an initrd in it -> that initrd: a unified kernel image, or a kernel with an initramfs of its own. */
import { closeSync, mkdtempSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { InitrdError } from '../errors.ts';
import { type Input, type Range, read, withInput } from './input.ts';
import { findBuiltIn, type KernelOptions } from './kernel-image.ts';
import { readPeSections } from './pe.ts';
import { type Uki, ukiOf } from './uki.ts';

/** An initrd as a file, and texts for the kernel that came with it. */
export interface Unwrapped {
  readonly file: string;
  readonly texts: ReadonlyMap<string, string>;
}

/**
 * The file itself where it is an initrd; else what the kernel unpacks, in its order: the built-in initramfs, then microcode and
 * initrds of a unified kernel image. Throws InitrdError where a kernel or another PE file has none, ToolError.
 */
export async function unwrapInitrd(file: string, options: KernelOptions): Promise<Unwrapped> {
  return withInput(file, async (input) => {
    const sections = readPeSections(input);
    const uki = sections && ukiOf(sections);
    if (uki) return { file: await joinUki(input, uki, options), texts: uki.texts };
    const builtIn = await findBuiltIn(file, options);
    if (builtIn === 'none')
      throw new InitrdError(
        `${file} is a kernel without an initramfs of its own: an initrd, or a UKI, is wanted`,
      );
    if (builtIn) return { file: await extract(builtIn, options), texts: new Map() };
    if (sections)
      throw new InitrdError(
        `${file} is a PE file (an EFI program) without an .initrd or .linux section: no UKI`,
      );
    return { file, texts: new Map() };
  });
}

async function joinUki(input: Input, { kernel, initrds }: Uki, options: KernelOptions): Promise<string> {
  const builtIn = kernel && (await findBuiltIn(writeParts([kernel], options), options));
  const joined = (parts: readonly Range[]) => {
    if (parts.length === 0) throw new InitrdError(`${input.name} is a UKI without an initrd`);
    return writeParts(parts, options);
  };
  if (!builtIn || builtIn === 'none') return joined(initrds);
  return withInput(builtIn.file, (inner) => joined([{ input: inner, ...builtIn }, ...initrds]));
}

function extract(
  builtIn: { readonly file: string; readonly start: number; readonly end: number },
  options: KernelOptions,
) {
  return withInput(builtIn.file, (input) => writeParts([{ input, ...builtIn }], options));
}

const chunk = 1024 * 1024;

/** Writes the parts one behind the other, each at a multiple of 4 (systemd-stub(7)); gives the file. */
function writeParts(parts: readonly Range[], { work }: KernelOptions): string {
  const file = join(mkdtempSync(join(work, 'unwrapped-')), 'initrd');
  const descriptor = openSync(file, 'wx', 0o600);
  try {
    for (const { input, start, end } of parts) {
      for (let at = start; at < end; at += chunk)
        writeSync(descriptor, read(input, at, Math.min(chunk, end - at)));
      writeSync(descriptor, Buffer.alloc((4 - ((end - start) % 4)) % 4));
    }
  } finally {
    closeSync(descriptor);
  }
  return file;
}
