/** Modules on their way into the minimal initrd. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect, test } from '@jest/globals';
import { formatDrivers, resolveDrivers } from '../../src/minimal/drivers.ts';
import { formatLoadOrder, resolveModules, unpackModules } from '../../src/minimal/modules.ts';
import { readModules } from '../../src/sysroot/firmware.ts';
import { compressArgs } from '../../src/tools/archive.ts';
import { run } from '../../src/tools/run.ts';
import { dep, emptySysroot, kernelOf, makeSysroot } from '../sysroot/kernel-tree.ts';

const tables = {
  'tree/modules.dep': dep(
    'kernel/disk.ko.xz: kernel/base.ko.xz',
    'kernel/base.ko.xz',
    'kernel/pre-one.ko',
    'kernel/post.ko',
  ),
  'tree/modules.softdep': 'softdep disk pre: pre-one post: post\n',
  'tree/modules.alias': 'alias pci:v1d* disk\n',
};

test('what is named is required with what it depends on; soft dependencies are optional, in their places', () => {
  const kernel = kernelOf(tables);
  const need = (name: string, optional = false) => ({ name, optional, parameters: ['size=1'] });
  const order = (...needs: readonly ReturnType<typeof need>[]) =>
    formatLoadOrder(resolveModules(needs, kernel));
  expect(order(need('disk'), need('none'))).toBe(
    'required base.ko\noptional pre-one.ko\nrequired disk.ko size=1\noptional post.ko\n',
  );
  expect(order(need('disk', true), need('pre_one'))).toBe(
    'optional base.ko\nrequired pre-one.ko size=1\noptional disk.ko size=1\noptional post.ko\n',
  );
});

test('a driver found at boot has them too, before and behind it', () => {
  const kernel = kernelOf(tables);
  expect(formatDrivers(resolveDrivers(['kernel'], kernel), kernel)).toContain(
    'in pci:v1d*) load base.ko pre-one.ko disk.ko; load post.ko ;; esac\n',
  );
});

test('modules are unpacked whatever they are compressed with, and whatever their names say', async () => {
  const directory = makeSysroot({ plain: '\u007fELF plain', gz: gzipSync('\u007fELF gz') });
  for (const tool of ['xz', 'zstd'] as const) {
    const command = compressArgs({ compression: tool, level: undefined, architecture: 'x86-64', size: 11 });
    if (!command) throw new Error(tool);
    await run(command, { inputFile: join(directory, 'plain'), outputFile: join(directory, tool) });
  }
  const target = join(emptySysroot(), 'modules');
  const names = ['gz', 'plain', 'xz', 'zstd'];
  await unpackModules(
    names.map((name) => ({ source: join(directory, name), file: `${name}.ko` })),
    target,
  );
  expect(readdirSync(target)).toEqual(names.map((name) => `${name}.ko`));
  for (const name of names)
    expect(readFileSync(join(target, `${name}.ko`), 'latin1')).toMatch(/^\u007fELF (plain|gz)$/);
});

test('modules that gzip compressed say what they need without kmod; one that is damaged is named', async () => {
  const info = '\0license=GPL\0firmware=a.bin\0firmware=b*.bin\0vermagic=6.12 SMP \0';
  const directory = makeSysroot({ 'a.ko.gz': gzipSync(info), 'b.ko.gz': 'no gzip' });
  const file = join(directory, 'a.ko.gz');
  expect([...(await readModules([file]))]).toEqual([
    [file, { firmware: ['a.bin', 'b*.bin'], vermagic: '6.12' }],
  ]);
  await expect(readModules([join(directory, 'b.ko.gz')])).rejects.toThrow(/b\.ko\.gz: /);
});
