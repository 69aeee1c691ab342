/** The order of modules against the oracle: modprobe(8), with the tables that Debian's depmod wrote. */
import { spawnSync } from 'node:child_process';
import { realpathSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { type Kernel, readKernel } from '../../src/sysroot/kernel.ts';
import { loadOrder } from '../../src/sysroot/load-order.ts';
import { fileOfModule } from '../../src/sysroot/loaded-modules.ts';
import { openLab } from '../lab/lab.ts';

const lab = openLab();
const kernel = readKernel(lab.sysroot, lab.kernel) as Kernel;

function orderOfModprobe(name: string): readonly string[] {
  const args = ['-d', lab.sysroot, '-S', lab.kernel, '-C', '/none', '--show-depends', name];
  const { stdout } = spawnSync('modprobe', args, { encoding: 'utf8' });
  const files = [...stdout.matchAll(/^insmod (\S+)/gm)].map(([, file = '']) => realpathSync(file));
  return [...new Set(files)];
}

const hasSoftDependencies = (name: string) => {
  const { before, after } = kernel.softDependencies(name);
  return before.length + after.length > 0;
};

test('modules are loaded in the order of modprobe, which heeds but the first line of soft dependencies', () => {
  const names = [...kernel.modules.keys()].filter(
    (name, index) => index % 20 === 0 || hasSoftDependencies(name),
  );
  expect(names.length).toBeGreaterThan(50);
  let same = 0;
  for (const name of names) {
    const theirs = orderOfModprobe(name);
    const ours = loadOrder(name, kernel).map((module) => realpathSync(fileOfModule(module, kernel)));
    expect([name, ours.filter((file) => theirs.includes(file))]).toEqual([name, theirs]);
    if (ours.length === theirs.length) same += 1;
  }
  expect(same).toBeGreaterThan(names.length * 0.9);
});
