/** Sysroots with nothing but the tables of a kernel's modules, as depmod writes them. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll } from '@jest/globals';
import { type Kernel, readKernel } from '../../src/sysroot/kernel.ts';

export const version = '6.12.1-test';

const made: string[] = [];
afterAll(() => {
  for (const directory of made) rmSync(directory, { recursive: true });
});

/** An empty directory that goes away behind the tests of the file. */
export function emptySysroot(): string {
  const directory = mkdtempSync(join(tmpdir(), 'bootrelay-kernel-'));
  made.push(directory);
  return directory;
}

/** A sysroot with these files; those of the kernel's tree begin with tree/. */
export function makeSysroot(files: Readonly<Record<string, string | Buffer>>): string {
  const sysroot = emptySysroot();
  for (const [path, text] of Object.entries(files)) {
    const file = join(sysroot, path.replace(/^tree\//, `usr/lib/modules/${version}/`));
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  }
  return sysroot;
}

/** Its kernel. */
export function kernelOf(files: Readonly<Record<string, string | Buffer>>): Kernel {
  const kernel = readKernel(makeSysroot(files), version);
  if (!kernel) throw new Error('there is no kernel');
  return kernel;
}

/** A modules.dep: each line a path, and paths of what it needs. */
export function dep(...lines: readonly string[]): string {
  return lines.map((line) => (line.includes(':') ? `${line}\n` : `${line}:\n`)).join('');
}
