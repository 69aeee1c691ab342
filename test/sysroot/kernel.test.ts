/** Kernels of all kinds of systems: which of their modules there are, where, and what is built in. */
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { findDrivers } from '../../src/sysroot/drivers.ts';
import { type Kernel, readKernel } from '../../src/sysroot/kernel.ts';
import { fileOfModule, sourceOfModule } from '../../src/sysroot/loaded-modules.ts';
import { dep, emptySysroot, kernelOf, makeSysroot, version } from './kernel-tree.ts';

describe('modules that take the place of others', () => {
  const alias = 'alias pci:v00001000d* raid\n';
  const drivers = (kernel: Kernel, ...places: readonly string[]) => [...findDrivers(kernel, places).keys()];

  test.each(['updates/dkms/raid.ko', 'updates/raid.ko.xz', 'extra/vendor/raid.ko', 'weak-updates/raid.ko'])(
    '%s comes along by its own directory, and by that of the module it replaces',
    (path) => {
      const kernel = kernelOf({
        'tree/modules.dep': dep(path),
        'tree/modules.alias': alias,
        'tree/kernel/drivers/scsi/raid.ko': '',
      });
      const own = path.replace(/\/[^/]*$/, '');
      for (const place of [
        'drivers/scsi',
        'drivers/scsi/raid',
        'kernel/drivers',
        own,
        own.split('/')[0] ?? '',
      ])
        expect([place, drivers(kernel, place)]).toEqual([place, ['raid']]);
      expect(drivers(kernel, 'drivers/ata', 'kernel/fs')).toEqual([]);
      expect(fileOfModule('raid', kernel)).toBe(join(kernel.directory, path));
    },
  );

  test('one whose original is gone is found by modules.order, and one that is laid out as the kernel by its path', () => {
    const gone = kernelOf({
      'tree/modules.dep': dep('updates/dkms/raid.ko'),
      'tree/modules.alias': alias,
      'tree/modules.order': 'kernel/drivers/scsi/raid.ko\n',
    });
    expect(drivers(gone, 'drivers/scsi')).toEqual(['raid']);
    const laidOut = { 'tree/modules.dep': dep('extra/drivers/scsi/raid.ko'), 'tree/modules.alias': alias };
    expect(drivers(kernelOf(laidOut), 'drivers/scsi')).toEqual(['raid']);
  });

  test('of two in one modules.dep the one in updates/ is loaded, wherever it stands', () => {
    const paths = ['kernel/raid.ko', 'updates/raid.ko', 'weak-updates/raid.ko'];
    for (const lines of [paths, paths.toReversed()])
      expect(kernelOf({ 'tree/modules.dep': dep(...lines) }).modules.get('raid')?.path).toBe(
        'updates/raid.ko',
      );
  });

  test('a link leads to its file inside the sysroot, which may have another name', () => {
    const sysroot = makeSysroot({
      'tree/modules.dep': dep('weak-updates/raid.ko'),
      'usr/lib/modules/5.0/extra/raid-2.ko.xz': '',
    });
    const links = join(sysroot, 'usr/lib/modules', version, 'weak-updates');
    mkdirSync(links);
    symlinkSync('/lib/modules/5.0/extra/raid-2.ko.xz', join(links, 'raid.ko'));
    symlinkSync('usr/lib', join(sysroot, 'lib'));
    expect(sourceOfModule('raid', readKernel(sysroot, version) as Kernel)).toEqual({
      source: join(sysroot, 'usr/lib/modules/5.0/extra/raid-2.ko.xz'),
      file: 'raid.ko',
    });
  });
});

test('a tree of the version inside the tree of the version is read', () => {
  const alias = { 'modules.alias': 'alias pci:v1* a\n', 'modules.dep': dep('kernel/drivers/ata/a.ko') };
  const inside = Object.entries(alias).map(([name, text]) => [`tree/${version}/${name}`, text] as const);
  const nested = kernelOf(Object.fromEntries(inside));
  expect(fileOfModule('a', nested)).toMatch(`${version}/${version}/kernel/drivers/ata/a.ko`);
  expect([...findDrivers(nested, ['drivers/ata']).keys()]).toEqual(['a']);
  const named = kernelOf({
    'tree/modules.dep': dep(`${version}/kernel/drivers/ata/a.ko`),
    'tree/modules.alias': 'alias pci:v1* a\n',
  });
  expect([...findDrivers(named, ['drivers/ata']).keys()]).toEqual(['a']);
});

describe('a kernel whose configuration is all that there is', () => {
  const builtIn = [
    ...[
      'BLK_DEV_DM',
      'DM_VERITY',
      'BLK_DEV_LOOP',
      'EROFS_FS',
      'OVERLAY_FS',
      'SQUASHFS',
      'BTRFS_FS',
      'VIRTIO_BLK',
    ],
    ...['SATA_AHCI', 'USB_XHCI_PCI', 'BLK_DEV_NVME', 'SCSI_VIRTIO', 'HYPERV_STORAGE', 'CRYPTO_SHA256_SSSE3'],
  ];
  const names = [
    ...[
      'dm_mod',
      'dm_verity',
      'loop',
      'erofs',
      'overlay',
      'squashfs',
      'btrfs',
      'virtio_blk',
      'ahci',
      'xhci_pci',
    ],
    ...['nvme', 'virtio_scsi', 'hv_storvsc', 'sha256_ssse3'],
  ];
  const config = (...options: readonly string[]) => options.map((option) => `CONFIG_${option}\n`).join('');
  const all = config(...builtIn.map((option) => `${option}=y`), 'XFS_FS=m');

  test.each([[`boot/config-${version}`], [`usr/boot/config-${version}`], ['tree/config']])(
    'has what that has built in, without a directory of modules: %s',
    (path) => {
      const kernel = kernelOf({ [path]: all });
      expect(names.filter((name) => !kernel.builtin.has(name))).toEqual([]);
      expect(kernel.builtin.has('xfs')).toBe(false);
      expect(kernel.modules.size).toBe(0);
    },
  );

  test('needs its modules where it loads some, and is no kernel where nothing is known of it', () => {
    expect(readKernel(makeSysroot({ [`boot/config-${version}`]: `${all}CONFIG_MODULES=y\n` }), version)).toBe(
      undefined,
    );
    expect(readKernel(makeSysroot({ [`boot/config-${version}`]: '' }), version)).toBe(undefined);
    expect(readKernel(emptySysroot(), version)).toBe(undefined);
  });

  test('modules.builtin is believed where there is one', () => {
    const kernel = kernelOf({
      'tree/modules.dep': '',
      'tree/modules.builtin': 'kernel/a.ko\n',
      'tree/config': all,
    });
    expect([...kernel.builtin]).toEqual(['a']);
  });
});

test('an absolute path in modules.dep is one of the sysroot', () => {
  const kernel = kernelOf({ 'tree/modules.dep': dep('/usr/lib/modules/other/a.ko') });
  writeFileSync(join(kernel.directory, 'x'), '');
  expect(fileOfModule('a', kernel)).toBe(join(kernel.sysroot, 'usr/lib/modules/other/a.ko'));
});
