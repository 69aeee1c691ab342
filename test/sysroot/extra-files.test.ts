/** What ExtraFiles takes from a sysroot: as it is there, and nothing from anywhere else. */
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type Links, readExtraFiles } from '../../src/sysroot/extra-files.ts';
import { findingsOf } from '../check/findings-of.ts';
import { load } from '../config/platform-files.ts';

const work = mkdtempSync(join(tmpdir(), 'bootrelay-extra-'));
afterAll(() => rmSync(work, { recursive: true }));
const sysroot = join(work, 'sysroot');

function file(path: string, mode: number, text = path): void {
  mkdirSync(dirname(join(sysroot, path)), { recursive: true });
  writeFileSync(join(sysroot, path), text);
  chmodSync(join(sysroot, path), mode);
}

function link(path: string, target: string): void {
  mkdirSync(dirname(join(sysroot, path)), { recursive: true });
  symlinkSync(target, join(sysroot, path));
}

beforeAll(() => {
  mkdirSync(join(work, 'outside'), { recursive: true });
  writeFileSync(join(work, 'outside/secret'), 'of this machine');
  file('/etc/key', 0o640);
  file('/etc/closed/key', 0o600);
  chmodSync(join(sysroot, 'etc/closed'), 0o700);
  file('/etc/su', 0o4755);
  mkdirSync(join(sysroot, 'etc/empty'), { mode: 0o755 });
  mkdirSync(join(sysroot, 'tmp'));
  chmodSync(join(sysroot, 'tmp'), 0o1777);
  file('/opt/v2/etc/tool.conf', 0o604);
  link('/opt/current', 'v2');
  link('/opt/absolute', '/opt/v2');
  link('/opt/out', join(work, 'outside'));
  link('/opt/up', '../../../../../../outside');
  link('/opt/chain', 'chain2');
  link('/opt/chain2', '../opt/./out');
  link('/opt/secret', join(work, 'outside/secret'));
  link('/opt/loop', 'loop');
  link('/opt/nothing', '/usr/src/nothing');
  link('/etc/to-file', '../etc/key');
  link('/etc/links/to-directory', '../closed');
  link('/etc/links/to-nothing', '/usr/src/nothing');
  link('/etc/links/to-file', '/etc/key');
  link('/lib', 'usr/lib');
  file('/usr/lib/firmware/x', 0o644);
  file('/usr/bin/script', 0o755, '#!/usr/bin/python3\n');
  file('/usr/bin/shell-script', 0o755, '#!/bin/sh\n');
  file('/usr/bin/python3', 0o755, 'no program');
  execFileSync('mkfifo', [join(sysroot, 'etc/fifo')]);
  link('/etc/to-fifo', 'fifo');
  mkdirSync(join(sysroot, 'names'));
  writeFileSync(Buffer.concat([Buffer.from(join(sysroot, 'names/')), Buffer.from([0xff])]), '');
});

/** What is taken, but for the directories above it. */
function taken(path: string, links: Links = 'followed'): readonly string[] {
  return readExtraFiles(sysroot, path, links)
    .items.filter((item) => item.path.startsWith(path) || item.type !== 'dir')
    .map((item) => {
      const what = item.type === 'link' ? item.target : item.mode.toString(8);
      return `${item.type} ${item.path} ${what}`;
    });
}

const problems = (path: string, links: Links = 'followed') =>
  readExtraFiles(sysroot, path, links).problems.map(({ kind, message }) => `${kind}: ${message}`);

test.each(['followed', 'kept'] as const)('permission bits are as in the sysroot, with links %s', (links) => {
  expect(taken('/etc/key', links)).toEqual(['file /etc/key 640']);
  expect(taken('/etc/closed', links)).toEqual(['dir /etc/closed 700', 'file /etc/closed/key 600']);
  expect(taken('/etc/su', links)).toEqual(['file /etc/su 755']);
  expect(taken('/etc/empty', links)).toEqual(['dir /etc/empty 755']);
  expect(taken('/tmp', links)).toEqual(['dir /tmp 1777']);
  const above = readExtraFiles(sysroot, '/etc/closed/key', links).items;
  expect(above).toContainEqual({ path: '/etc/closed', type: 'dir', mode: 0o700 });
});

test.each(['followed', 'kept'] as const)(
  'directories on the way are links of the sysroot, with links %s',
  (links) => {
    for (const directory of ['current', 'absolute'])
      expect(taken(`/opt/${directory}/etc/tool.conf`, links)).toEqual([
        `file /opt/${directory}/etc/tool.conf 604`,
      ]);
    for (const directory of ['out', 'up', 'chain', 'loop', 'nothing'])
      expect(problems(`/opt/${directory}/secret`, links)).toEqual([
        `file-missing: the sysroot must have /opt/${directory}/secret`,
      ]);
  },
);

describe('links', () => {
  test('to a file become the file where they are followed, and stay where they are kept', () => {
    expect(taken('/etc/to-file')).toEqual(['file /etc/to-file 640']);
    expect(taken('/etc/to-file', 'kept')).toEqual(['link /etc/to-file ../etc/key']);
    expect(taken('/etc/links')).toEqual([
      'dir /etc/links 755',
      'link /etc/links/to-directory ../closed',
      'file /etc/links/to-file 640',
      'link /etc/links/to-nothing /usr/src/nothing',
    ]);
  });

  test('that are named bring the directory that they lead to', () => {
    expect(taken('/opt/current')).toEqual(['link /opt/current /opt/v2', 'file /opt/v2/etc/tool.conf 604']);
    expect(taken('/lib')).toEqual(['file /usr/lib/firmware/x 644']);
  });

  test.each(['out', 'up', 'chain', 'secret', 'loop', 'nothing'])('%s lead to nothing', (name) => {
    expect(problems(`/opt/${name}`)).toEqual([`file-missing: /opt/${name} leads to nothing in the sysroot`]);
    expect(taken(`/opt/${name}`, 'kept')).toHaveLength(1);
  });
});

test('what is no file, directory or link is named', () => {
  expect(problems('/etc/fifo')).toEqual(['extra-file-unfit: /etc/fifo is a fifo']);
  expect(problems('/etc/to-fifo')).toEqual(['extra-file-unfit: /etc/to-fifo leads to a fifo']);
  expect(problems('/names')).toEqual([
    expect.stringMatching(/unfit: \/names\/.* has a name that is not UTF-8$/),
  ]);
  expect(problems('/etc/none', 'kept')).toEqual(['file-missing: the sysroot must have /etc/none']);
  expect(problems('/etc', 'kept')).toEqual(['extra-file-unfit: /etc/fifo is a fifo']);
});

test('each problem is one of the line that names the entry', async () => {
  const text = [
    ...[
      '[Usr]',
      'Device=PARTLABEL=USR-A',
      '[Initrd]',
      'ExtraFiles=/etc/key',
      'ExtraFiles=/etc/fifo',
      'ExtraFiles=/init',
    ],
    ...['ExtraFiles=/usr/bin/script', 'ExtraFiles=/usr/bin/shell-script'],
    ...['[FullInitrd]', 'Source=usr', 'ExtraFiles=/etc/none', ''],
  ].join('\n');
  file('/init', 0o755);
  const { config } = load({ 'p/test.ini': text });
  if (!config) throw new Error('the platform has errors');
  const findings = [
    ...(await findingsOf('extra-files', config, { sysroot })),
    ...(await findingsOf('interpreters', config, { sysroot })),
  ];
  const lines = findings.map(({ line, kind, message }) => `${line}: ${kind}: ${message}`);
  expect(lines).toEqual([
    '5: extra-file-unfit: /etc/fifo is a fifo',
    '6: extra-file-unfit: /init is where bootrelay puts a file of its own',
    '11: file-missing: the sysroot must have /etc/none',
    '7: program-missing: the minimal initrd must have /usr/bin/python3, which starts /usr/bin/script',
  ]);
});
