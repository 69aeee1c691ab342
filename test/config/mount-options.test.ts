import { describe, expect, test } from '@jest/globals';
import {
  allMountOptions,
  findMountOption,
  fixedOptions,
  mountedOptions,
  mountedRoot,
  mountedRoots,
} from '../../src/config/mount-options.ts';
import { configure, load } from './platform-files.ts';

const fileSystems = ['erofs', 'btrfs', 'squashfs', 'ext4', 'xfs', 'f2fs'] as const;

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
  ['xfs', 'logdev=/dev/vdb', 'it names another device, which nothing has verified'],
  ['xfs', 'rtdev=/dev/vdb', 'it names another device, which nothing has verified'],
  ['f2fs', 'checkpoint=disable', 'it mounts another state of the verified device'],
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

test('of several file systems one must know an option, and only that one gets it', () => {
  const list = 'FileSystem=squashfs btrfs xfs';
  const options = 'subvol=/a,noatime,nouuid,threads=single,rescue=nologreplay,norecovery';
  expect(findings(list, `Options=${options}`)).toEqual([]);
  expect(mountedOptions('squashfs', options)).toBe('noatime,threads=single');
  expect(mountedOptions('btrfs', options)).toBe('subvol=/a,noatime,rescue=nologreplay,norecovery');
  expect(mountedOptions('xfs', options)).toBe('noatime,nouuid');
  const [finding, ...more] = findings(list, 'Options=noatime,journal_path=/dev/vdb,nouuid');
  expect(more).toEqual([]);
  expect(finding).toMatchObject({ kind: 'mount-option-refused', line: 4 });
  expect(finding?.message).toContain('journal_path=/dev/vdb must not be a mount option of /usr');
  expect(finding?.hint).toMatch(/^allowed with squashfs, btrfs, xfs: threads=single /);
  expect(findings(list, 'FixedOptions=logdev=/dev/vdb')[0]?.message).toContain('it names another device');
  expect(findings(list, 'Options=noquta')[0]?.hint).toBe('did you mean noquota?');
  const { settings } = configure(`Usr.${list}`, 'Usr.Options=subvol=/a');
  expect(mountedRoots(settings)).toEqual(['squashfs:/', 'btrfs:/a', 'xfs:/']);
});

test.each([
  ['xfs', undefined, 'norecovery'],
  ['xfs', 'nouuid,norecovery', 'norecovery,nouuid'],
  ['f2fs', 'noatime', 'norecovery,noatime'],
  ['btrfs', 'rescue=nologreplay', 'rescue=nologreplay'],
  ['erofs', undefined, ''],
] as const)('%s with FixedOptions=%s is always mounted with %s', (fileSystem, text, always) => {
  const given = text === undefined ? [] : [`Usr.FixedOptions=${text}`];
  const { settings } = configure(`Usr.FileSystem=${fileSystem}`, ...given);
  expect(fixedOptions(fileSystem, settings.Usr)).toBe(always);
});

test.each([
  ['erofs btrfs', ['erofs', 'btrfs']],
  ['xfs', ['xfs']],
])('FileSystem=%s is a list', (text, list) => {
  expect(configure(`Usr.FileSystem=${text}`).settings.Usr.FileSystem).toEqual(list);
});

test('a later FileSystem= takes the place of an earlier one', () => {
  expect(configure('Usr.FileSystem=erofs btrfs', 'Usr.FileSystem=xfs').settings.Usr.FileSystem).toEqual([
    'xfs',
  ]);
});

test.each([
  ['ntfs', undefined],
  ['erofs squashf', 'did you mean squashfs?'],
  ['erofs,btrfs', 'without commas'],
  ['erofs erofs', undefined],
  ['auto', undefined],
])('FileSystem=%s is refused', (text, hint) => {
  const [finding, ...more] = findings(`FileSystem=${text}`);
  expect(more).toEqual([]);
  expect(finding).toMatchObject({ kind: 'value-invalid', line: 3 });
  expect(finding?.message).toBe(
    `"${text}" must be one or more of erofs, btrfs, squashfs, ext4, xfs, f2fs, separated by blanks and each once`,
  );
  expect(finding?.hint).toBe(hint);
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
  expect(mountedRoot('btrfs', configure('Usr.FileSystem=btrfs', ...settings).settings)).toBe(root);
});
