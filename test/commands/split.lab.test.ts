/** An initrd split in two, and what belongs together compared: pack, build, check and diff of an image on a partition. */
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { openLab } from '../lab/lab.ts';

const lab = openLab();
const root = new URL('../..', import.meta.url).pathname;
const work = mkdtempSync(join(lab.shared, 'split-'));
afterAll(() => rmSync(work, { recursive: true }));

const platform = join(work, 'my.ini');
writeFileSync(
  platform,
  `[Platform]
Extends=bootrelay:any-linux
[Initrd]
CompressionLevel=3
[Modules]
Load=listed
ModuleDirectories=
Modules=virtio_blk
`,
);
const system = ['--sysroot', lab.sysroot, '--kernel', lab.kernel];

function bootrelay(...args: readonly string[]) {
  return spawnSync('node', [join(root, 'dist/cli.js'), ...args], { cwd: work, encoding: 'utf8' });
}

/** Splits the probe, a small initrd without systemd, or one that is given; gives the root hash. */
function split(output: string, initrd = join(lab.shared, 'probe.cpio')): string {
  const args = ['--initrd', initrd, ...system, '--output', output, '--by-hash', '--json'];
  const { status, stdout, stderr } = bootrelay('split', platform, ...args);
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  return JSON.parse(stdout).rootHash;
}

const imageOf = (directory: string, rootHash: string) => join(work, directory, `${rootHash}.img`);

let rootHash = '';
beforeAll(() => {
  rootHash = split('one');
}, 120_000);

test('the same initrd gives the same bytes, an image called after its root hash, and a minimal initrd that knows it', () => {
  expect(split('again')).toBe(rootHash);
  const files = readdirSync(join(work, 'one'));
  expect(readdirSync(join(work, 'again'))).toEqual(files);
  for (const file of files)
    expect([
      file,
      readFileSync(join(work, 'again', file)).equals(readFileSync(join(work, 'one', file))),
    ]).toEqual([file, true]);
  const plan = readFileSync(join(work, 'one/plan.json'), 'utf8');
  expect(plan).toContain(rootHash);
  // The probe has no systemd: a program in front of its init checks.
  expect(plan).toContain('"/usr/lib/bootrelay/init"');
}, 120_000);

test('check compares all of an image with its hash tree, and with the root hash that is built in', () => {
  const image = imageOf('one', rootHash);
  expect(bootrelay('check', platform, '--image', image)).toMatchObject({ status: 0, stderr: '' });
  expect(
    bootrelay('check', platform, '--image', image, '--set', `Verity.RootHash=${'ab'.repeat(32)}`).stderr,
  ).toMatch(/error: Verity\.RootHash: .* must have the root hash abab\w+, which is built in, and has \w+/);
  const changed = join(work, 'changed.img');
  copyFileSync(image, changed);
  const bytes = readFileSync(image);
  bytes.writeUInt8(bytes.readUInt8(300_000) ^ 1, 300_000);
  writeFileSync(changed, bytes);
  expect(bootrelay('check', platform, '--image', changed).stderr).toContain(
    'does not match its hash tree: it was changed after it was packed',
  );
  writeFileSync(changed, bytes.subarray(0, bytes.indexOf('verity\0\0')));
  expect(bootrelay('check', platform, '--image', changed)).toMatchObject({
    status: 1,
    stderr: expect.stringContaining('must have a hash tree behind it'),
  });
}, 120_000);

test('a minimal initrd is built for an image and no other', () => {
  const without = bootrelay('build', platform, ...system, '--output', 'none');
  expect(without).toMatchObject({ status: 2, stderr: expect.stringContaining('--image is required') });
  expect(readdirSync(work)).not.toContain('none');
  const usr = [
    '--set',
    'FullInitrd.Host=usr',
    '--set',
    'Verity.RootHash=command-line',
    '--set',
    'Usr.Device=LABEL=U',
  ];
  const inUsr = ['--set', 'FullInitrd.Image=/usr/lib/initrd.img', '--set', 'FullInitrd.CarryOver='];
  const args = ['--initrd', join(lab.shared, 'probe.cpio'), ...system, '--output', 'usr', '--by-hash'];
  expect(bootrelay('split', platform, ...args, ...usr, ...inUsr)).toMatchObject({
    status: 2,
    stderr: expect.stringContaining('--by-hash needs FullInitrd.Host=partition'),
  });
  expect(readdirSync(work)).not.toContain('usr');
}, 120_000);

test('diff tells a new image from a new root hash of the same one', () => {
  const more = join(work, 'more.cpio');
  const archive = spawnSync('bsdtar', ['--format=newc', '-cf', '-', 'my.ini'], { cwd: work }).stdout;
  writeFileSync(more, Buffer.concat([readFileSync(join(lab.shared, 'probe.cpio')), archive]));
  const other = split('two', more);
  expect(bootrelay('diff', 'one', 'two').stdout).toContain(
    `the image is another one: root hash from ${rootHash} to ${other}`,
  );
  // The same files, with a tree of another salt.
  const salted = join(work, 'salted.img');
  const bytes = readFileSync(imageOf('one', rootHash));
  const end = bytes.indexOf('verity\0\0');
  writeFileSync(salted, bytes.subarray(0, end));
  const format = [
    'format',
    salted,
    salted,
    `--hash-offset=${end}`,
    `--data-blocks=${end / 4096}`,
    '--salt=-',
  ];
  expect(spawnSync('veritysetup', format).status).toBe(0);
  const image = ['--set', `FullInitrd.Image=/bootrelay/${rootHash}.img`, '--image', salted];
  const init = ['--set', 'FullInitrd.Init=/usr/lib/bootrelay/init'];
  expect(bootrelay('build', platform, ...system, ...image, ...init, '--output', 'salted').status).toBe(0);
  expect(bootrelay('diff', 'one', 'salted').stdout).toContain(
    'the image is the same, with another hash tree',
  );
}, 120_000);
