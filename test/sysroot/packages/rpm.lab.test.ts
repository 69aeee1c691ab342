/** rpm's database as rpm itself makes it: a package is built and installed into a tree. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import { readPackages } from '../../../src/sysroot/packages/packages.ts';

const work = mkdtempSync(join(tmpdir(), 'bootrelay-test-'));
afterAll(() => rmSync(work, { recursive: true }));

const spec = `Name: demo-tool
Epoch: 2
Version: 1.37
Release: 4
Summary: a tool
License: GPL-2.0-only AND MIT
BuildArch: noarch
%description
a tool
%install
mkdir -p %{buildroot}/usr/bin
echo hello > "%{buildroot}/usr/bin/a tool"
%files
"/usr/bin/a tool"
`;

test.each(['/var/lib/rpm', '/usr/lib/sysimage/rpm'])('a package in a database at %s', (place) => {
  const tree = mkdtempSync(join(work, 'tree-'));
  mkdirSync(join(tree, 'usr'));
  writeFileSync(join(work, 'demo.spec'), spec);
  const run = (program: string, ...args: readonly string[]) => {
    const { status, stderr } = spawnSync(program, args, { encoding: 'utf8' });
    if (status !== 0) throw new Error(stderr);
  };
  run('rpmbuild', '-bb', '--define', `_topdir ${join(work, 'top')}`, join(work, 'demo.spec'));
  const file = join(work, 'top/RPMS/noarch/demo-tool-1.37-4.noarch.rpm');
  run('rpm', '--root', tree, '--define', `_dbpath ${place}`, '--nodeps', '-i', file);
  const before = readdirSync(join(tree, place)).sort();
  const packages = readPackages(tree);
  // rpm itself would write beside the database.
  expect(readdirSync(join(tree, place)).sort()).toEqual(before);
  expect(packages?.manager).toBe('rpm');
  expect(packages?.ownerOf('/usr/bin/a tool')).toEqual({
    type: 'rpm',
    name: 'demo-tool',
    version: '2:1.37-4',
    architecture: 'noarch',
    source: 'demo-tool',
    license: 'GPL-2.0-only AND MIT',
  });
});
