/** An image on a partition: what goes with it, and what it is mounted with. */
import { expect, test } from '@jest/globals';
import { imageHost, placeOfImage } from '../../src/config/image-host.ts';
import { load } from './platform-files.ts';

const platform = `[Verity]
Name=image
RootHash=image
[FullInitrd]
Host=partition
HostDevice=PARTLABEL=BOOT
Image=/bootrelay/initrd.img
`;

const loaded = (...settings: readonly string[]) => load({ 'p/test.ini': platform }, 'p/test.ini', settings);

test('the smallest such platform has nothing to be said of', () => {
  expect(loaded().findings).toEqual([]);
});

/** What is said of the platform with one more setting: kind, setting, and the words that matter. */
test.each([
  ['FullInitrd.HostDevice=', 'value-required FullInitrd.Host', 'HostDevice is required'],
  ['FullInitrd.Source=thin', 'settings-contradict FullInitrd.Source', 'needs /usr'],
  ['FullInitrd.Source=usr', 'settings-contradict FullInitrd.Source', 'needs /usr'],
  ['Verity.Verity=no', 'settings-contradict Verity.Verity', 'nothing else there is verified'],
  ['Verity.Name=usr', 'settings-contradict Verity.Name', 'its own verity device'],
  ['Verity.RootHash=signature', 'settings-contradict Verity.RootHash', 'RootHash=signature needs'],
  ['Verity.RootHashSignature=partition', 'settings-contradict Verity.RootHashSignature', 'in a file'],
  ['Verity.HashDevice=PARTLABEL=HASH', 'settings-contradict Verity.HashDevice', 'behind the image'],
  ['Verity.DataDevice=PARTLABEL=DATA', 'settings-contradict Verity.DataDevice', 'behind the image'],
  ['Verity.FecDevice=PARTLABEL=FEC', 'settings-contradict Verity.FecDevice', 'behind the image'],
  ['Verity.HashOffset=0', 'settings-contradict Verity.HashOffset', 'hash tree at offset 0'],
  [
    'Verity.RootHash=command-line',
    'root-hash-unprotected Verity.RootHash',
    'chooses the full initrd that boots',
  ],
  ['Usr.Device=PARTLABEL=USR-A', 'setting-without-effect Usr.Device', 'with FullInitrd.Host=partition'],
  ['Usr.HandOver=move', 'setting-without-effect Usr.HandOver', 'with FullInitrd.Host=partition'],
  ['Usr.LiveImage=/usr.squashfs', 'setting-without-effect Usr.LiveImage', 'with FullInitrd.Host=partition'],
  ['KernelCommandLine.UsrDevice=usr', 'setting-without-effect KernelCommandLine.UsrDevice', 'Host=partition'],
  ['FullInitrd.HostSubvolume=/@', 'setting-without-effect FullInitrd.HostSubvolume', 'HostFileSystem=vfat'],
  ['FullInitrd.HostFileSystem=ntfs', 'value-invalid FullInitrd.HostFileSystem', 'vfat'],
  ['FullInitrd.HostDevice=/dev/disk/by-id/x', 'value-invalid FullInitrd.HostDevice', 'no udev'],
  ['FullInitrd.CarryOver=/host/x', 'settings-contradict FullInitrd.CarryOver', 'both initrds have their own'],
])('%s', (setting, what, words) => {
  const said = loaded(setting).findings.map((item) => ({
    what: `${item.kind} ${item.setting}`,
    words: item.message,
  }));
  expect(said).toContainEqual({ what, words: expect.stringContaining(words) });
});

test.each([
  ['[Usr]\nDevice=PARTLABEL=USR-A\n[Verity]\nRootHash=image\n', 'p/test.ini:4: Verity.RootHash'],
  ['[Usr]\nDevice=PARTLABEL=USR-A\n[FullInitrd]\nImage=/boot/initrd.img\n', 'p/test.ini:4: FullInitrd.Image'],
])('an image in /usr has no root hash of its own, and is below /usr', (text, where) => {
  const { findings } = load({ 'p/test.ini': text });
  const errors = findings.filter(({ severity }) => severity === 'error');
  expect(errors.map(({ file, line, setting }) => `${file}:${line}: ${setting}`)).toEqual([where]);
});

/** Each file system is mounted read-only, without its log, and for reading alone. */
test.each([
  ['vfat', 'ro,nosuid,nodev,noexec,codepage=437,iocharset=ascii'],
  ['ext4', 'ro,nosuid,nodev,noexec,noload'],
  ['xfs', 'ro,nosuid,nodev,noexec,norecovery'],
  ['btrfs', 'ro,nosuid,nodev,noexec,rescue=nologreplay'],
  ['erofs', 'ro,nosuid,nodev,noexec'],
])('%s is mounted with %s', (fileSystem, options) => {
  const { config } = loaded(`FullInitrd.HostFileSystem=${fileSystem}`);
  expect(config && imageHost(config.settings)?.files?.options).toBe(options);
});

test('a subvolume, the partition itself, and where the image goes', () => {
  const subvolume = loaded('FullInitrd.HostFileSystem=btrfs', 'FullInitrd.HostSubvolume=/@').config;
  expect(subvolume && imageHost(subvolume.settings)?.files?.options).toMatch(/,subvol=\/@$/);
  const raw = loaded('FullInitrd.HostFileSystem=none').config;
  expect(raw && imageHost(raw.settings)?.files).toBeUndefined();
  expect(raw && placeOfImage(raw.settings)).toBe('PARTLABEL=BOOT itself');
  expect(subvolume && placeOfImage(subvolume.settings)).toBe('/bootrelay/initrd.img of PARTLABEL=BOOT');
});
