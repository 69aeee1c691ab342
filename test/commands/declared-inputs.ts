/** Runs of commands with nothing but what their depfiles declare. */
import { spawnSync } from 'node:child_process';
import {
  copyFileSync,
  cpSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { expect } from '@jest/globals';
import { openLab } from '../lab/lab.ts';

const lab = openLab();
const program = new URL('../../dist/cli.js', import.meta.url).pathname;

/** Fills the empty directory `work`: a copy of the lab's system, its full initrd, and a platform with an odd name. */
export function fillDeclared(work: string): void {
  expect(spawnSync('cp', ['-al', lab.sysroot, join(work, 'system')]).status).toBe(0);
  copyFileSync(lab.fullInitrd, join(work, 'full.img'));
  writeFileSync(join(work, 'odd #1.ini'), '[Platform]\nName=odd\nExtends=bootrelay:qemu-x86_64\n');
}

/** The names behind the colon of a depfile. */
export function readDepfile(file: string): readonly string[] {
  const [, names = ''] = readFileSync(file, 'utf8').split(/:\s/, 2);
  return names
    .replaceAll('\\\n', ' ')
    .trim()
    .split(/(?<!\\)\s+/)
    .map((name) => name.replaceAll(/\\([ #:])/g, '$1').replaceAll('$$', '$'));
}

/** Copies what is declared, and nothing else, into the directory `to`; names are relative to `from`. */
function copyDeclared(inputs: readonly string[], from: string, to: string): void {
  for (const input of inputs) {
    const [file, target] = [resolve(from, input), join(to, input)];
    mkdirSync(dirname(target), { recursive: true });
    const stat = lstatSync(file);
    if (stat.isSymbolicLink()) symlinkSync(readlinkSync(file), target);
    else if (stat.isDirectory()) mkdirSync(target, { recursive: true });
    else cpSync(file, target);
  }
}

/**
 * Runs a command in `work` with a depfile, and again in a directory that has only what that declares: both must write the same.
 * `args` name all files relative to `work`; the output is `name`, and files that begin with it.
 */
export function expectDeclared(work: string, name: string, args: readonly string[]): void {
  const run = (cwd: string, ...more: readonly string[]) => {
    const env = { ...process.env, NO_COLOR: '1', BOOTRELAY_TOOLS_TREE: lab.tools };
    const { status, stderr } = spawnSync(program, [...args, '--output', name, ...more], {
      cwd,
      encoding: 'utf8',
      env,
    });
    return { status, stderr };
  };
  const first = run(work, '--depfile', `${name}-d`);
  expect(first).toEqual({ status: 0, stderr: first.stderr });
  const sandbox = join(work, `sandbox-${name}`);
  mkdirSync(sandbox);
  const inputs = readDepfile(join(work, `${name}-d`));
  expect(inputs.filter((input) => /bootrelay-[A-Za-z0-9]{6}/.test(input))).toEqual([]);
  copyDeclared(inputs, work, sandbox);
  expect(run(sandbox)).toEqual({ status: 0, stderr: first.stderr });
  const written = readdirSync(sandbox, { recursive: true, withFileTypes: true }).filter(
    (entry) => entry.isFile() && join(entry.parentPath, entry.name).startsWith(join(sandbox, name)),
  );
  expect(written.length).toBeGreaterThan(2);
  for (const entry of written) {
    const path = join(entry.parentPath, entry.name);
    const other = join(work, path.slice(sandbox.length + 1));
    expect([path, readFileSync(path).equals(readFileSync(other))]).toEqual([path, true]);
  }
}
