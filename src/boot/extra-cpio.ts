/** Files behind an initrd: the kernel unpacks one cpio archive after the other, and a file of a later one replaces that of an earlier one. */
import {
  appendFileSync,
  closeSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { run } from '../tools/run.ts';

/** Bytes, a symbolic link, or a file of this machine. */
export type ExtraFile = string | Buffer | { readonly link: string } | { readonly file: string };

/** Makes a cpio of `files` by path below `directory`, all but files of this machine of `mode`; gives its file. Throws ToolError. */
export async function makeExtraCpio(
  files: Readonly<Record<string, ExtraFile>>,
  directory: string,
  mode: number,
): Promise<string> {
  const tree = mkdtempSync(join(directory, 'extra-'));
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(tree, path)), { recursive: true });
    if (typeof content === 'object' && 'link' in content) symlinkSync(content.link, join(tree, path));
    else if (typeof content === 'object' && 'file' in content) copyFileSync(content.file, join(tree, path));
    else writeFileSync(join(tree, path), content, { mode });
  }
  const output = `${tree}.cpio`;
  await run({
    program: 'bsdtar',
    args: ['--format=newc', '--uid=0', '--gid=0', '-C', tree, '-cf', output, ...readdirSync(tree)],
  });
  rmSync(tree, { recursive: true });
  return output;
}

/** How much of an archive is in memory at a time. */
const chunk = 4 * 1024 * 1024;

/** Writes `initrd` with `cpio` behind it, at a multiple of 4 bytes, to a new file `output` that has its mode; gives that. */
export function joinCpio(initrd: string, cpio: string, output: string): string {
  copyFileSync(initrd, output);
  const { size } = statSync(initrd);
  appendFileSync(output, Buffer.alloc((4 - (size % 4)) % 4));
  const source = openSync(cpio, 'r');
  try {
    const buffer = Buffer.alloc(chunk);
    for (;;) {
      const read = readSync(source, buffer);
      if (read === 0) return output;
      appendFileSync(output, buffer.subarray(0, read));
    }
  } finally {
    closeSync(source);
  }
}
