/**
 * examples/mkosi with the real mkosi, as an ordinary user: the image boots through UEFI, and a second version that is put
 * into the other slot, as systemd-sysupdate does it, boots from there, with the first one still beside it.
 */
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { labDirectory, openLab } from '../lab/lab.ts';
import { makeRelease, root } from './make-release.ts';

const lab = openLab();
const work = mkdtempSync(join(lab.shared, 'mkosi-'));
afterAll(() => rmSync(work, { recursive: true }));

function run(program: string, ...args: readonly string[]): string {
  const env = { ...process.env, NO_COLOR: '1', BOOTRELAY_LAB: labDirectory, BOOTRELAY_TOOLS_TREE: lab.tools };
  const { status, stdout, stderr } = spawnSync(program, args, {
    cwd: work,
    encoding: 'utf8',
    env,
    maxBuffer: 1e9,
  });
  if (status !== 0)
    throw new Error(
      `${program} ${args.join(' ')}: ${status}\n${stdout.slice(-3000)}\n${stderr.slice(-3000)}`,
    );
  return stdout;
}

const output = (version: number, name = '') => join(work, `v${version}/project/mkosi.output`, name);

/** Runs shell commands in the project, in the lab's tree with mkosi and the Debian package of bootrelay. */
function inTree(version: number, commands: string) {
  const directory = join(work, `v${version}`);
  mkdirSync(directory, { recursive: true });
  chmodSync(directory, 0o755);
  cpSync(join(root, 'examples/mkosi'), join(directory, 'project'), { recursive: true });
  mkdirSync(output(version), { recursive: true });
  const [deb = ''] = readdirSync(join(work, 'release')).filter((name) => name.endsWith('.deb'));
  const script = join(root, 'test/packaging/mkosi.sh');
  return () => run('sh', script, directory, join(work, 'release', deb), commands);
}

beforeAll(() => {
  run('sh', join(root, 'test/lab/mkosi.sh'));
  makeRelease(join(work, 'release'), ['deb']);
  const build = 'mkosi --sandbox-tree=/sandbox --split-artifacts=uki,partitions';
  for (const version of [1, 2]) inTree(version, `${build} --image-version=${version} build`)();
}, 1_200_000);

interface Partition {
  readonly node: string;
  readonly start: number;
  readonly uuid: string;
  readonly name: string;
  readonly type: string;
}

const partitionsOf = (disk: string): readonly Partition[] =>
  JSON.parse(run('sfdisk', '--json', disk)).partitiontable.partitions;

const inSlots = (disk: string) => partitionsOf(disk).filter(({ name }) => /usr|_empty/.test(name));

/** The root hash that the UUIDs of a /usr and its hash tree tell. */
function rootHashOf(disk: string): string {
  const [data, hash] = inSlots(disk);
  return `${data?.uuid}${hash?.uuid}`.replaceAll('-', '').toLowerCase();
}

function boot(disk: string): string {
  return run(
    join(root, 'dist/cli.js'),
    'boot',
    'v1/project/bootrelay.ini',
    '--image',
    disk,
    '--output',
    `boot-${statSync(disk).ino}`,
  );
}

test('the image boots, and says which packages are in it', () => {
  const said = boot(output(1, 'demo_1.raw'));
  expect(said).toContain(`with root hash ${rootHashOf(output(1, 'demo_1.raw'))}`);
  expect(said).toMatch(/^OK: multi-user\.target reached/m);
  for (const name of ['initrd.img.cdx.json', 'sbom.cdx.json']) {
    const { components } = JSON.parse(readFileSync(output(1, name), 'utf8'));
    expect(components.map((one: { name: string }) => one.name)).toContain('bootrelay');
    expect(components.map((one: { name: string }) => one.name)).toContainEqual(
      expect.stringMatching(/^linux-image-/),
    );
  }
}, 400_000);

test('the second version boots from the other slot, and the first one once that is gone', () => {
  const disk = output(1, 'demo_1.raw');
  const [first, second] = [rootHashOf(disk), rootHashOf(output(2, 'demo_2.raw'))];
  expect(second).not.toBe(first);
  const slots = partitionsOf(disk).filter(({ name }) => name === '_empty');
  const from = inSlots(output(2, 'demo_2.raw'));
  for (const [index, kind] of ['usr-x86-64', 'usr-x86-64-verity'].entries()) {
    const slot = slots[index] as Partition;
    const number = slot.node.replace(/^.*\D/, '');
    run(
      'dd',
      `if=${output(2, `demo_2.${kind}.raw`)}`,
      `of=${disk}`,
      'bs=512',
      `seek=${slot.start}`,
      'conv=notrunc,sparse',
    );
    run('sfdisk', '--quiet', '--part-uuid', disk, number, (from[index] as Partition).uuid);
    run('sfdisk', '--quiet', '--part-label', disk, number, `demo_2_${index}`);
  }
  const esp = `${disk}@@${(partitionsOf(disk)[0] as Partition).start * 512}`;
  run('mcopy', '-i', esp, output(2, 'demo_2.efi'), '::/EFI/Linux/demo_2.efi');
  expect(boot(disk)).toContain(`with root hash ${second}`);
  run('mdel', '-i', esp, '::/EFI/Linux/demo_2.efi');
  expect(boot(disk)).toContain(`with root hash ${first}`);
}, 800_000);

test('an image without a full initrd ends with what is missing, and makes nothing', () => {
  const build = inTree(3, 'rm -r mkosi.images && mkosi --sandbox-tree=/sandbox build');
  expect(build).toThrow(/mkosi\.finalize: there is no mkosi\.output\/initrd: mkosi\.images\/initrd makes it/);
  expect(readdirSync(output(3)).filter((name) => name.endsWith('.raw'))).toEqual([]);
}, 400_000);
