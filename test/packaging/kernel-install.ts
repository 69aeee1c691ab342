/** The real kernel-install in copies of systems of the lab, with the plugins of examples/kernel-install. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll } from '@jest/globals';
import { labDirectory, openLab } from '../lab/lab.ts';
import { makeRelease, root } from './make-release.ts';

export const work = mkdtempSync(join(openLab().shared, 'kernel-install-'));
afterAll(() => rmSync(work, { recursive: true }));
beforeAll(() => makeRelease(join(work, 'release'), ['executable']), 120_000);

export const rootHash = 'ab'.repeat(32);

let runs = 0;

/** Runs shell commands in a copy of a system, with a file system in `file` as the boot partition; `files` are those of a boot partition that is a directory. */
export function install(sysroot: string, layout: 'uki' | 'bls', commands: string, file?: string) {
  runs += 1;
  const directory = join(work, `run-${runs}`);
  mkdirSync(directory);
  const script = join(root, 'test/packaging/kernel-install.sh');
  const program = join(work, 'release', `bootrelay-linux-${process.arch}`);
  const { status, stdout, stderr } = spawnSync('sh', [script, sysroot, directory, layout, commands], {
    encoding: 'utf8',
    env: {
      ...process.env,
      ...{ BOOTRELAY: program, BOOTRELAY_LAB: labDirectory, ROOT_HASH: rootHash },
      ...(file !== undefined && { PARTITION: file }),
    },
  });
  const partition = join(directory, 'upper/efi');
  const entries = existsSync(partition)
    ? readdirSync(partition, { recursive: true, withFileTypes: true })
    : [];
  const files = entries
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name).slice(partition.length + 1))
    .sort();
  return {
    status,
    stdout,
    stderr,
    files,
    read: (path: string) => readFileSync(join(partition, path)),
    partition,
  };
}
