/** Files behind an initrd: the kernel unpacks one cpio archive after the other, and a file of a later one replaces that of an earlier one. */
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { run } from '../tools/run.ts';

/** Makes a cpio of `files` (their bytes, or a symbolic link) by path below `directory`, all of `mode`; gives its file. Throws ToolError. */
export async function makeExtraCpio(
  files: Readonly<Record<string, string | Buffer | { readonly link: string }>>,
  directory: string,
  mode: number,
): Promise<string> {
  const tree = mkdtempSync(join(directory, 'extra-'));
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(tree, path)), { recursive: true });
    if (typeof content === 'object' && 'link' in content) symlinkSync(content.link, join(tree, path));
    else writeFileSync(join(tree, path), content, { mode });
  }
  const output = `${tree}.cpio`;
  await run({
    program: 'bsdtar',
    args: ['--format=newc', '--uid=0', '--gid=0', '-C', tree, '-cf', output, ...readdirSync(tree)],
  });
  return output;
}

/** Writes `initrd` with `cpio` behind it, at a multiple of 4 bytes, to a new file `output` that has its mode; gives that. */
export function joinCpio(initrd: string, cpio: string, output: string): string {
  const image = readFileSync(initrd);
  const padding = Buffer.alloc((4 - (image.length % 4)) % 4);
  const { mode } = statSync(initrd);
  writeFileSync(output, Buffer.concat([image, padding, readFileSync(cpio)]), { mode });
  return output;
}
