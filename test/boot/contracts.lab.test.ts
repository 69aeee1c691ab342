/** The contracts of real distributions: the platform files that come along, their kernel command lines, their disks. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { newCertificateArgs } from '../../src/tools/openssl.ts';
import { run } from '../../src/tools/run.ts';
import { openLab, sharedUsr } from '../lab/lab.ts';
import { type BootResult, boot, reported, type TestBoot } from './boots.ts';

const machine = { machine: 'uml-new', full: 'probe', goal: 'multi-user', usr: 'btrfs' } as const;
const usrA = 'PARTUUID=7130C94A-213A-4E5A-8E26-6CCE9662F132';
const usrB = 'PARTUUID=E03DD35C-7C2D-4A47-B3FE-27F15780A57C';
const flatcar = `BOOT_IMAGE=/flatcar/vmlinuz-a mount.usr=/dev/mapper/usr rootflags=rw mount.usrflags=ro consoleblank=0 flatcar.first_boot=detected rd.earlytimeout=60`;
const azure = `mount.usr=/dev/mapper/usr mount.usrflags=ro systemd.verity_usr_data=${usrA} rootflags=rw`;
const offset = 'systemd.verity_usr_options=hash-offset=1065345024,panic-on-corruption';

type Way = Partial<TestBoot> & { readonly platform: string };

/** Everything is as the contract has it: /usr is the verity device of the root hash, in the file system that is there. */
function expectVerified(result: BootResult, fileSystem: string): void {
  expect(result.seen.failure).toBeUndefined();
  expect(result.seen).toMatchObject({ reportEnded: true });
  expect(result.seen.checked).toBe(`/sysusr/usr is /dev/mapper/usr with root hash ${result.rootHash}`);
  const usr = reported(result, 'mount').filter((mount) => mount.startsWith('/sysusr/usr '));
  expect(usr).toEqual([expect.stringContaining(`/sysusr/usr ${fileSystem} /dev/mapper/usr ro`)]);
}

describe.each(['shell', 'systemd'] as const)('%s', (form) => {
  test.each<readonly [string, Way]>([
    ["Flatcar's entry of slot A, btrfs", { platform: 'flatcar', append: `${flatcar} verity.usr=${usrA}` }],
    [
      'the same without verity.usr=, squashfs',
      { platform: 'flatcar', usr: 'squashfs', append: flatcar.replace('/dev/mapper/usr', usrA) },
    ],
    [
      'a /usr of xfs',
      {
        platform: 'flatcar',
        usr: 'xfs',
        settings: ['Usr.FileSystem=xfs', 'Usr.FixedOptions='],
        append: `${flatcar} mount.usrfstype=xfs verity.usr=${usrA}`,
      },
    ],
    [
      "Azure's addon, one partition",
      {
        platform: 'azure-container-linux',
        settings: ['Verity.HashOffset=1065345024'],
        append: `${azure} systemd.verity_usr_hash=${usrA} ${offset}`,
      },
    ],
    [
      "Azure's addon, HASH-A",
      {
        platform: 'azure-container-linux',
        settings: ['Verity.HashDevice=PARTLABEL=HASH-A'],
        append: `${azure} systemd.verity_usr_hash=PARTLABEL=HASH-A systemd.verity_usr_options=panic-on-corruption`,
      },
    ],
  ])('%s', async (_, way) => {
    const all: TestBoot = { ...machine, ...way, form };
    expectVerified(await boot(all), all.usr);
  });

  test.each([
    ["Flatcar's slot B", 'flatcar', `${flatcar} verity.usr=${usrB}`, ['Usr.Device=']],
    [
      "Azure's slot B",
      'azure-container-linux',
      `${azure.replace(usrA, usrB)} systemd.verity_usr_hash=${usrB}`,
      [],
    ],
  ])('%s, which only the kernel command line names', async (_, platform, append, more) => {
    const onDisk = [
      ...more,
      `Verity.DataDevice=${usrB}`,
      ...(more.length > 0 ? [] : [`Verity.HashDevice=${usrB}`]),
    ];
    expectVerified(await boot({ ...machine, platform, form, append, onDisk }), 'btrfs');
  });

  test('a slot whose /usr is damaged: the machine restarts, and the reason is said', async () => {
    const fault: TestBoot['fault'] = {
      what: 'the superblock of /usr is overwritten',
      disks: [{ damage: { place: { in: 'usr', offset: 65_600 }, bytes: new Uint8Array(8) } }],
      expected: { step: 'find-file-system', reason: 'usr-file-system-missing' },
    };
    const append = `${flatcar} verity.usr=${usrA}`;
    const { seen, log } = await boot({ ...machine, platform: 'flatcar', form, append, fault });
    expect(seen.failure).toMatch(/usr-file-system-missing/);
    expect(readFileSync(log, 'latin1')).toMatch(/reboot: Restarting system|sysrq: Resetting|Restarting/);
  });

  test('Flatcar without a root hash: the boot stops, where its own stage 1 goes on without verity', async () => {
    const fault: TestBoot['fault'] = {
      what: 'there is no root hash',
      commandLine: (sound) => sound.replace(/verity\.usrhash=\S+/, ''),
      expected: { step: 'read-kernel-command-line', reason: 'root-hash-missing' },
    };
    const append = `${flatcar} verity.usr=${usrA}`;
    const { seen } = await boot({ ...machine, platform: 'flatcar', form, append, fault });
    expect(seen.failure).toMatch(/root-hash-missing/);
  });

  test('a disk of systemd-repart: usrhash= alone', async () => {
    const { file, rootHash } = await repartDisk();
    const fault: TestBoot['fault'] = {
      what: 'the disk is that of systemd-repart',
      commandLine: (sound) => `${sound.replace(/usrhash=\S+/, '')} usrhash=${rootHash} mount.usr=dissect`,
      disks: [{ file }],
      expected: { handOver: 'verified' },
    };
    const result = await boot({ ...machine, usr: 'erofs', platform: 'discoverable', form, fault });
    expectVerified({ ...result, rootHash }, 'erofs');
  });
});

let made: Promise<{ file: string; rootHash: string }> | undefined;

/** A disk with the shared /usr, its hash tree and the signature of its root hash, as systemd-repart makes one. */
function repartDisk() {
  made ??= makeRepartDisk();
  return made;
}

/** A program of the lab's newer tools: Debian 12's systemd-repart makes hash trees of 512 bytes. */
function programOfTree(name: string): readonly string[] {
  const { tools } = openLab();
  const libraries = ['usr/lib/x86_64-linux-gnu', 'usr/lib/x86_64-linux-gnu/systemd'];
  const path = libraries.map((directory) => join(tools, directory)).join(':');
  return [
    join(tools, 'usr/lib64/ld-linux-x86-64.so.2'),
    '--library-path',
    path,
    join(tools, 'usr/bin', name),
  ];
}

async function makeRepartDisk() {
  const { shared } = openLab();
  const directory = join(shared, 'repart');
  const definitions = join(directory, 'definitions');
  mkdirSync(definitions, { recursive: true });
  const [key, certificate, file] = ['key.pem', 'crt.pem', 'disk.img'].map((name) => join(directory, name));
  const part = (name: string, verity: string, type: string, more: readonly string[]) =>
    writeFileSync(
      join(definitions, name),
      `[Partition]\nType=${type}\nLabel=Example_1.2.3\nVerity=${verity}\nVerityMatchKey=usr\n${more.join('\n')}\n`,
    );
  part('10-usr.conf', 'data', 'usr', [`CopyBlocks=${join(shared, `${sharedUsr.erofs}.data`)}`]);
  part('20-hash.conf', 'hash', 'usr-verity', ['SizeMinBytes=64M', 'SizeMaxBytes=64M']);
  part('30-signature.conf', 'signature', 'usr-verity-sig', []);
  await run(newCertificateArgs(key as string, certificate as string));
  const options = ['--empty=create', '--size=auto', '--dry-run=no', '--json=short'];
  const signing = [`--private-key=${key}`, `--certificate=${certificate}`, `--definitions=${definitions}`];
  const args = [...options, ...signing, file as string];
  const [loader = '', ...prefix] = programOfTree('systemd-repart');
  const output = execFileSync(loader, [...prefix, ...args], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const rootHash = /"roothash" ?: ?"([0-9a-f]{64})"/.exec(output)?.[1];
  if (rootHash === undefined) throw new Error(`systemd-repart tells no root hash: ${output}`);
  return { file: file as string, rootHash };
}
