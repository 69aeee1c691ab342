/** The package databases of made-up systems, as the formats' own pages describe them. rpm's is tried on a real one (rpm.lab.test.ts). */
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import { readSystemPackages } from '../../../src/bom/system-packages.ts';
import { licenseOfCopyright } from '../../../src/sysroot/packages/debian-copyright.ts';
import { readPackages } from '../../../src/sysroot/packages/packages.ts';

const work = mkdtempSync(join(tmpdir(), 'bootrelay-test-'));
afterAll(() => rmSync(work, { recursive: true }));

let systems = 0;

/** A sysroot with these files. */
function system(files: Readonly<Record<string, string>>): string {
  systems += 1;
  const directory = join(work, String(systems));
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(directory, path)), { recursive: true });
    writeFileSync(join(directory, path), text);
  }
  return directory;
}

const stanza = (name: string, status = 'install ok installed', more = '') =>
  `Package: ${name}\nStatus: ${status}\nArchitecture: amd64\nVersion: 1:1.2-3\n${more}Description: a\n b\n .\n c\n\n`;

test('dpkg: a package has its files whether /usr is merged or not; what is not installed has none', () => {
  const packages = readPackages(
    system({
      'var/lib/dpkg/status':
        stanza('busybox', 'install ok installed', 'Source: busybox-src (1.1)\n') +
        stanza('libc6') +
        stanza('gone', 'deinstall ok config-files'),
      'var/lib/dpkg/info/busybox.list': '/.\n/bin\n/bin/busybox\n',
      'var/lib/dpkg/info/libc6:amd64.list': '/.\n/usr/lib/x86_64-linux-gnu/libc.so.6\n',
      'var/lib/dpkg/info/gone.list': '/usr/bin/gone\n',
      'usr/share/doc/busybox/copyright': 'Format: https://x/\n\nFiles: *\nLicense: GPL-2+\n text\n',
    }),
  );
  expect(packages?.manager).toBe('dpkg');
  expect(packages?.ownerOf('/usr/bin/busybox')).toEqual({
    type: 'deb',
    name: 'busybox',
    version: '1:1.2-3',
    architecture: 'amd64',
    source: 'busybox-src',
    license: 'GPL-2.0-or-later',
  });
  expect(packages?.ownerOf('/lib/x86_64-linux-gnu/libc.so.6')?.name).toBe('libc6');
  expect(packages?.ownerOf('/usr/bin/gone')).toBeUndefined();
});

test.each([
  ['install ok unpacked', true],
  ['install ok half-configured', true],
  ['install ok triggers-pending', true],
  ['hold ok installed', true],
  ['deinstall ok config-files', false],
  ['unknown ok not-installed', false],
])('dpkg: a package whose state is "%s" has its files: %j', (state, has) => {
  const packages = readPackages(
    system({
      'var/lib/dpkg/status': stanza('base') + stanza('tool', state),
      'var/lib/dpkg/info/base.list': '/usr/bin/base\n',
      'var/lib/dpkg/info/tool.list': '/usr/bin/tool\n',
    }),
  );
  expect(packages?.ownerOf('/usr/bin/tool')?.name).toBe(has ? 'tool' : undefined);
});

test('dpkg: a diverted file is of the package that diverted it, the other one is elsewhere', () => {
  const packages = readPackages(
    system({
      'var/lib/dpkg/status': stanza('mine') + stanza('theirs'),
      'var/lib/dpkg/info/mine.list': '/usr/bin/tool\n',
      'var/lib/dpkg/info/theirs.list': '/usr/bin/tool\n',
      'var/lib/dpkg/diversions': '/usr/bin/tool\n/usr/bin/tool.distrib\nmine\n',
    }),
  );
  expect(packages?.ownerOf('/usr/bin/tool')?.name).toBe('mine');
  expect(packages?.ownerOf('/usr/bin/tool.distrib')?.name).toBe('theirs');
});

test('links of a system are followed in it, and what is no regular file says nothing', () => {
  const secret = join(work, 'secret');
  writeFileSync(secret, 'Format: x\n\nLicense: HOST-SECRET\n');
  const directory = system({
    'var/lib/dpkg/status': stanza('a') + stanza('b') + stanza('../../../secret'),
    'var/lib/dpkg/info/a.list': '/usr/bin/a\n',
    'usr/share/doc/c/copyright': 'Format: x\n\nLicense: ISC\n',
  });
  mkdirSync(join(directory, 'usr/share/doc/a'));
  symlinkSync(secret, join(directory, 'usr/share/doc/a/copyright'));
  mkdirSync(join(directory, 'usr/share/doc/b/copyright'), { recursive: true });
  mkdirSync(join(directory, 'var/lib/dpkg/info/b.list'));
  expect(readPackages(directory)?.ownerOf('/usr/bin/a')?.license).toBeUndefined();
  symlinkSync('/usr/share/doc/c', join(directory, 'usr/share/doc/d'));
  writeFileSync(join(directory, 'var/lib/dpkg/status'), stanza('d'));
  writeFileSync(join(directory, 'var/lib/dpkg/info/d.list'), '/usr/bin/d\n');
  expect(readPackages(directory)?.ownerOf('/usr/bin/d')?.license).toBe('ISC');
});

test('a database that cannot be read is a finding with its words, and no end', () => {
  const directory = system({
    'var/lib/dpkg/status': stanza('a'),
    'etc/os-release': 'ID=x\nVERSION_ID="1"\n',
  });
  expect(readSystemPackages(directory)).toMatchObject({
    distribution: { id: 'x', version: '1' },
    findings: [],
  });
  symlinkSync('loop', join(directory, 'var/lib/dpkg/info'));
  expect(readSystemPackages(directory).packages).toBeDefined();
  expect(readSystemPackages(system({ 'etc/x': '' })).findings).toMatchObject([
    {
      kind: 'packages-unknown',
      severity: 'warning',
      message: expect.stringContaining('no database of dpkg, rpm, apk, portage'),
    },
  ]);
});

test('dpkg without dpkg, as distroless images have it', () => {
  const packages = readPackages(
    system({
      'var/lib/dpkg/status.d/libc6': 'Package: libc6\nVersion: 2.36\nArchitecture: amd64\n',
      'var/lib/dpkg/status.d/libc6.md5sums': `${'a'.repeat(32)}  usr/lib/libc.so.6\n`,
    }),
  );
  expect(packages?.ownerOf('/usr/lib/libc.so.6')).toMatchObject({ name: 'libc6', version: '2.36' });
});

test('apk', () => {
  const packages = readPackages(
    system({
      'lib/apk/db/installed':
        'C:Q1x=\nP:busybox-static\nV:1.37.0-r12\nA:x86_64\nL:GPL-2.0-only\no:busybox\nF:bin\nR:busybox.static\na:0:0:755\nZ:Q1y=\nF:\nR:top\n\nP:musl\nV:1.2\nF:lib\nR:ld-musl-x86_64.so.1\n\n',
    }),
  );
  expect(packages?.ownerOf('/bin/busybox.static')).toEqual({
    type: 'apk',
    name: 'busybox-static',
    version: '1.37.0-r12',
    architecture: 'x86_64',
    source: 'busybox',
    license: 'GPL-2.0-only',
  });
  expect(packages?.ownerOf('/top')?.name).toBe('busybox-static');
  expect(packages?.ownerOf('/lib/ld-musl-x86_64.so.1')?.name).toBe('musl');
});

test('Portage: names with digits and dashes, revisions, files with blanks, links', () => {
  const entry = 'var/db/pkg/sys-apps/x11-busy-box-1.36.1_p2-r3';
  const packages = readPackages(
    system({
      [`${entry}/PF`]: 'x11-busy-box-1.36.1_p2-r3\n',
      [`${entry}/LICENSE`]: 'GPL-2 || ( MIT BSD )\n',
      [`${entry}/CONTENTS`]: `dir /usr\nobj /usr/bin/busy box ${'a'.repeat(32)} 1700000000\nsym /usr/bin/sh -> busy box 1700000000\n`,
    }),
  );
  expect(packages?.ownerOf('/usr/bin/busy box')).toEqual({
    type: 'ebuild',
    name: 'sys-apps/x11-busy-box',
    version: '1.36.1_p2-r3',
    license: 'GPL-2 || ( MIT BSD )',
  });
  expect(packages?.ownerOf('/usr/bin/sh')?.version).toBe('1.36.1_p2-r3');
  expect(packages?.ownerOf('/usr')).toBeUndefined();
});

test('a database that is empty is none, and the next is asked', () => {
  const nothing = { 'var/lib/dpkg/status': '', 'var/db/pkg/a/b-1/PF': 'b-1' };
  expect(readPackages(system(nothing))?.manager).toBe('Portage'.toLowerCase());
  expect(readPackages(system({ 'etc/os-release': '' }))).toBeUndefined();
});

test.each([
  ['GPL-2', 'GPL-2.0-only'],
  ['LGPL-2.1+', 'LGPL-2.1-or-later'],
  ['Expat', 'MIT'],
  ['GPL-2+ or Artistic-1', '(GPL-2.0-or-later OR Artistic-1.0)'],
  ['BSD-3-clause and Expat', 'BSD-3-Clause AND MIT'],
  ['public-domain', 'public-domain'],
])('a Debian licence %s is %s', (name, expected) => {
  expect(licenseOfCopyright(`Format: x\n\nLicense: ${name}\n text\n`)).toBe(expected);
});

test('a copyright file that is prose says no licence', () => {
  expect(licenseOfCopyright('License: see\n')).toBeUndefined();
});
