/** A /usr of each file system that the other tests do not boot, alone and as one of a list, in both forms. */
import { expect, test } from '@jest/globals';
import { boot, reported, type TestBoot } from './boots.ts';

const list = 'Usr.FileSystem=btrfs squashfs xfs';

type Way = Pick<TestBoot, 'usr' | 'form' | 'machine' | 'append'> & { readonly settings?: readonly string[] };

test.each<readonly [string, Way, RegExp]>([
  [
    'xfs by a module',
    { machine: 'qemu', usr: 'xfs', settings: ['Usr.Options=nouuid'] },
    /^\/sysusr\/usr xfs \/dev\/mapper\/usr ro/,
  ],
  ['f2fs', { usr: 'f2fs' }, /^\/sysusr\/usr f2fs \/dev\/mapper\/usr ro/],
  ['the last of a list', { usr: 'xfs', settings: [list] }, /^\/sysusr\/usr xfs \/dev\/mapper\/usr ro/],
  [
    'the last of a list, which the mount unit learns of',
    { usr: 'xfs', form: 'systemd', settings: [list], append: 'mount.usrfstype=xfs' },
    /^\/sysusr\/usr xfs \/dev\/mapper\/usr ro/,
  ],
  [
    'the first of a list, with options of the kernel command line',
    { usr: 'btrfs', form: 'systemd', settings: [list], append: 'mount.usrflags=noatime,rescue=nologreplay' },
    /^\/sysusr\/usr btrfs \/dev\/mapper\/usr ro,noatime/,
  ],
  [
    'one of a list that is not verified',
    {
      usr: 'squashfs',
      form: 'systemd',
      settings: [list, 'Verity.Verity=no', 'Verity.RootHash=', 'Verity.OnCorruption='],
    },
    /^\/sysusr\/usr squashfs \/dev\/ubda1 ro/,
  ],
])('%s', async (_, way, mount) => {
  const result = await boot({ machine: 'uml-new', full: 'probe', goal: 'multi-user', ...way });
  expect(result.seen).toMatchObject({ reportEnded: true });
  const usr = reported(result, 'mount').filter((line) => line.startsWith('/sysusr/usr '));
  expect(usr).toEqual([expect.stringMatching(mount)]);
});
