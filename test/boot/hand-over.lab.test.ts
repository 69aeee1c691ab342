import { expect, test } from '@jest/globals';
import { append, verified } from '../../src/boot/faults/fault.ts';
import { usrUuid } from '../../src/boot/usr-image.ts';
import { boot, makeExtraCpio, reported, type TestBoot } from './boots.ts';

/** Every way to the hand-over: between them each file system, tool, hand-over, root hash and kind of device name. */
const ways: readonly (readonly [string, Omit<TestBoot, 'full' | 'goal'>])[] = [
  [
    'squashfs image, /usr on erofs, built-in root hash, PARTLABEL',
    { image: 'squashfs', usr: 'erofs', builtIn: true },
  ],
  [
    'erofs image, /usr on btrfs, root hash from the command line, moved, UUID',
    {
      image: 'erofs',
      usr: 'btrfs',
      settings: [`Usr.Device=UUID=${usrUuid}`, 'Usr.HandOver=move', 'Initrd.Microcode=amd'],
    },
  ],
  [
    'erofs image, /usr on erofs, veritysetup, PARTUUID',
    {
      image: 'erofs',
      usr: 'erofs',
      settings: ['Usr.Device=PARTUUID=b0074e1a-0000-4000-8000-000000000011', 'Verity.Tool=veritysetup'],
    },
  ],
  [
    'squashfs image, a hash partition of its own, built-in root hash, by path, moved, dmsetup',
    {
      image: 'squashfs',
      usr: 'erofs',
      builtIn: true,
      settings: [
        'Usr.Device=/dev/vda1',
        'Verity.HashDevice=PARTLABEL=USR-A-HASH',
        'Usr.HandOver=move',
        'Verity.Tool=dmsetup',
      ],
    },
  ],
  [
    'a device named on the command line, quoted, the last one wins',
    {
      image: 'erofs',
      usr: 'erofs',
      fault: {
        what: 'the label is not the one of the platform',
        disks: [{ label: 'USR-C' }],
        commandLine: append(() => 'mount.usr=PARTLABEL=USR-B mount.usr="PARTLABEL=USR-C"'),
        expected: verified,
      },
    },
  ],
  [
    'errors instead of panics',
    { image: 'erofs', usr: 'erofs', settings: ['Verity.OnCorruption=error', 'Verity.Name=verified'] },
  ],
  [
    'a panic where a block cannot be read, too',
    { image: 'squashfs', usr: 'erofs', settings: ['Verity.OnError=panic'] },
  ],
];

test.each(ways)('%s', async (_, way) => {
  const result = await boot({ full: 'probe', goal: 'multi-user', ...way });
  expect(result.seen).toMatchObject({ reportEnded: true });
  expect(result.seen.failure).toBeUndefined();
  const name = way.settings?.includes('Verity.Name=verified') ? 'verified' : 'usr';
  expect(reported(result, 'pid')).toEqual(['1']);
  expect(reported(result, 'root')[0]).toMatch(/^overlay overlay /);
  // What the design says is handed over, and nothing else.
  const points = reported(result, 'mount').map((mount) => mount.split(' ')[0]);
  expect(points.sort()).toEqual(['/', '/dev', '/proc', '/run', '/sys', '/sysusr/usr']);
  const usr = reported(result, 'mount').find((mount) => mount.startsWith('/sysusr/usr '));
  expect(usr).toMatch(new RegExp(`^/sysusr/usr ${way.usr} /dev/mapper/${name} ro`));
  expect(reported(result, 'loop')).toEqual([expect.stringMatching(/^\/.*probe\.\w+ autoclear 1$/)]);
  expect(reported(result, 'writable')).toEqual(['yes']);
  expect(reported(result, 'handover')).toEqual(
    expect.arrayContaining([
      'PLATFORM=test',
      'USR_DEVICE=/dev/vda1',
      `VERITY_NAME=${name}`,
      `ROOT_HASH=${result.rootHash}`,
      expect.stringMatching(/^UPTIMES="mount-kernel-filesystems=\d.* hand-over-usr=\d+\.\d+/),
    ]),
  );
});

test('a read-only full initrd', async () => {
  const settings = ['FullInitrd.Writable=no', 'FullInitrd.CarryOver='];
  const result = await boot({ full: 'probe', goal: 'multi-user', image: 'squashfs', usr: 'erofs', settings });
  expect(reported(result, 'root')[0]).toMatch(/^squashfs \/dev\/loop0 ro/);
  expect(reported(result, 'writable')).toEqual(['no']);
});

test('what systemd-stub puts into /.extra is carried over with its mode', async () => {
  const extraCpio = await makeExtraCpio({ '/.extra/secret.cred': 'carried' });
  const result = await boot({ full: 'probe', goal: 'multi-user', image: 'erofs', usr: 'erofs', extraCpio });
  expect(reported(result, 'extra')).toEqual(['/.extra/secret.cred 400 0 carried']);
});
