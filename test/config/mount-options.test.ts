import { describe, expect, test } from '@jest/globals';
import {
  allMountOptions,
  findMountOption,
  mountedOptions,
  mountedRoot,
} from '../../src/config/mount-options.ts';
import { configure, load } from './platform-files.ts';

const fileSystems = ['erofs', 'btrfs', 'squashfs', 'ext4'] as const;

/** What is said of a platform with these lines of [Usr], but for notes. */
function findings(...lines: readonly string[]) {
  const text = ['[Usr]', 'Device=PARTLABEL=USR-A', ...lines, ''].join('\n');
  return load({ 'p/test.ini': text }).findings.filter(({ severity }) => severity !== 'note');
}

/** An option that a row stands for. */
const exampleOf = (option: string) => option.replace(/=$/, '=x').replace(/\*$/, 'x');

describe.each(fileSystems)('%s', (fileSystem) => {
  const rows = allMountOptions().filter((row) => [fileSystem, 'any'].includes(row.fileSystem));

  test.each(rows.map((row) => [row.option, row] as const))('%s, as the table says', (option, row) => {
    for (const setting of ['Options', 'FixedOptions']) {
      const found = findings(`FileSystem=${fileSystem}`, `${setting}=noatime,${exampleOf(option)}`);
      const kinds = {
        always: [],
        'command line': [],
        platform: [],
        'later stages': ['setting-without-effect'],
        nobody: ['mount-option-refused'],
      }[row.use];
      expect(found.map(({ kind }) => kind)).toEqual(kinds);
      for (const { file, line, message } of found) {
        expect({ file, line }).toEqual({ file: 'p/test.ini', line: 4 });
        expect(message).toContain(exampleOf(option));
      }
    }
  });
});

test.each([
  ['erofs', 'device=/dev/vdb', 'it names another device, which nothing has verified'],
  ['erofs', 'fsoffset=4096', 'it mounts another place of the verified device'],
  ['btrfs', 'device=/dev/vdb', 'it names another device, which nothing has verified'],
  ['btrfs', 'subvolid=256', 'what it mounts has no name to compare with: subvol= has one'],
  ['btrfs', 'rescue=usebackuproot', 'only rescue=nologreplay is known to be sound'],
  ['btrfs', 'rescue=all', 'only rescue=nologreplay is known to be sound'],
  ['ext4', 'sb=131072', 'it reads another superblock of the verified device'],
  ['ext4', 'journal_path=/dev/vdb', 'it names another device, which nothing has verified'],
  ['squashfs', 'offset=4096', 'it mounts another place of the verified device'],
  ['squashfs', 'X-mount.subdir=a', 'mount(8) can mount another directory by it'],
  ['ext4', 'rw', '/usr is mounted read-only'],
  ['erofs', 'nosuchoption', 'it is not known to leave what is mounted, and where, as it was verified'],
])('%s: %s is refused, and why is said', (fileSystem, option, why) => {
  const [finding] = findings(`FileSystem=${fileSystem}`, `Options=${option}`);
  expect(finding).toMatchObject({ kind: 'mount-option-refused', severity: 'error' });
  expect(finding?.message).toContain(why);
  expect(finding?.hint).toMatch(/^(allowed with \w+: |did you mean )/);
});

test('a mistyped option gets a suggestion', () => {
  expect(findings('Options=noatme')[0]?.hint).toBe('did you mean noatime?');
});

test('an option of another file system is refused', () => {
  expect(findings('FileSystem=erofs', 'Options=rescue=nologreplay')[0]?.kind).toBe('mount-option-refused');
  expect(findings('FileSystem=btrfs', 'Options=rescue=nologreplay')).toEqual([]);
});

test('no option that the command line may set has a value of its own', () => {
  for (const { option, use } of allMountOptions())
    if (use === 'command line') expect(option).toMatch(/^[a-z_]+(=[a-z]+)?$/);
});

test('every row is found by its own option, and says something', () => {
  for (const { option, fileSystem, what, use } of allMountOptions()) {
    const any = fileSystem === 'any' ? 'erofs' : fileSystem;
    expect(findMountOption(any, exampleOf(option))?.use).toBe(use);
    expect(what).not.toBe('');
  }
});

test.each([
  [undefined, ''],
  ['ro', ''],
  ['ro,noatime,x-initrd.mount,nofail', 'noatime'],
  ['auto,defaults,_netdev', ''],
])('of %s the kernel gets "%s"', (text, mounted) => {
  expect(mountedOptions('erofs', text)).toBe(mounted);
});

test.each([
  [[], '/'],
  [['Usr.Options=subvol=a/b'], '/a/b'],
  [['Usr.Options=subvol=/a/'], '/a'],
  [['Usr.Options=subvol=a', 'Usr.FixedOptions=subvol=b'], '/b'],
])('with %j the root of the mount is %s', (settings, root) => {
  expect(mountedRoot(configure('Usr.FileSystem=btrfs', ...settings).settings)).toBe(root);
});
