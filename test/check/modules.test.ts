/** What `check` says of modules: directories that name none, soft dependencies, buses. */
import { describe, expect, test } from '@jest/globals';
import { formatFinding } from '../../src/findings.ts';
import { configure } from '../config/platform-files.ts';
import { dep, kernelOf } from '../sysroot/kernel-tree.ts';
import { findingsOf } from './findings-of.ts';

const coldplug = (...directories: readonly string[]) =>
  configure('Modules.Load=coldplug', ...directories.map((name) => `Modules.ModuleDirectories=${name}`));

const listed = (...modules: readonly string[]) =>
  configure(...modules.map((name) => `Modules.Modules=${name}`));

/** How modules say what they drive, by module. */
const aliases: Readonly<Record<string, string>> = {
  virtio_blk: 'virtio:d00000002v*',
  virtio_pci: 'pci:v00001AF4d*sv*sd*bc*sc*i*',
  usb_storage: 'usb:v*p*d*dc*dsc*dp*ic08isc06ip50in*',
  uas: 'usb:v*p*d*dc*dsc*dp*ic08isc06ip62in*',
  usbhid: 'usb:v*p*d*dc*dsc*dp*ic03isc*ip*in*',
  xhci_pci: 'pci:v*d*sv*sd*bc0Csc03i30*',
  sd_mod: 'scsi:t-0x00*',
  ahci: 'pci:v*d*sv*sd*bc01sc06i01*',
  hid_generic: 'hid:b*g*v*p*',
  mmc_block: 'mmc:block',
  sdhci_pci: 'pci:v*d*sv*sd*bc08sc05i*',
  hv_storvsc: 'vmbus:4acc9b2f6900f34ab76b6fd0be528cda',
  hv_vmbus: 'acpi*:VMBUS:*',
  xen_blkfront: 'xen:vbd',
  nd_pmem: 'nd:t4*',
  nfit: 'acpi*:ACPI0012:*',
  firewire_sbp2: 'ieee1394:ven*mo*sp0000609Ever00010483*',
  firewire_ohci: 'pci:v*d*sv*sd*bc0Csc00i10*',
};

const places: Readonly<Record<string, string>> = {
  virtio_blk: 'block',
  virtio_pci: 'virtio',
  usb_storage: 'usb/storage',
  uas: 'usb/storage',
  usbhid: 'hid/usbhid',
  xhci_pci: 'usb/host',
  ahci: 'ata',
  hid_generic: 'hid',
  mmc_block: 'mmc/core',
  sdhci_pci: 'mmc/host',
  hv_vmbus: 'hv',
  xen_blkfront: 'block',
  nd_pmem: 'nvdimm',
  nfit: 'acpi/nfit',
  firewire_sbp2: 'firewire',
  firewire_ohci: 'firewire',
};

const pathOf = (name: string) => `kernel/drivers/${places[name] ?? 'scsi'}/${name}.ko`;

/** A kernel with all of these as modules, but for those that are built in or not there. */
function kernelWith(
  builtIn: readonly string[] = [],
  missing: readonly string[] = [],
  more: Readonly<Record<string, string>> = {},
) {
  const modules = Object.keys(aliases).filter((name) => !builtIn.includes(name) && !missing.includes(name));
  return kernelOf({
    'tree/modules.dep': dep(...modules.map(pathOf)),
    'tree/modules.alias': modules.map((name) => `alias ${aliases[name]} ${name}\n`).join(''),
    'tree/modules.builtin': ['kernel/none', ...builtIn.map(pathOf)].join('\n'),
    'tree/config': 'CONFIG_MODULES=y\nCONFIG_XEN=y\n',
    ...more,
  });
}

async function busesOf(config: ReturnType<typeof listed>, kernel = kernelWith()): Promise<readonly string[]> {
  return (await findingsOf('buses', config, { kernel })).map(formatFinding);
}

describe('a driver whose bus nothing brings', () => {
  test.each([
    ['virtio_blk', 'virtio', 'virtio_pci'],
    ['usb-storage', 'usb', 'xhci_pci'],
    ['uas', 'usb', 'xhci_pci'],
    ['usbhid', 'usb', 'xhci_pci'],
    ['sd_mod', 'scsi', 'ahci'],
    ['hid-generic', 'hid', 'usbhid'],
    ['mmc_block', 'mmc', 'sdhci_pci'],
    ['hv_storvsc', 'vmbus', 'hv_vmbus'],
    ['nd_pmem', 'nd', 'nfit'],
    ['firewire-sbp2', 'ieee1394', 'firewire_ohci'],
  ])('%s is a finding with the line and the module that brings %s', async (driver, bus, provider) => {
    const named = driver.replaceAll('-', '_');
    const [text = '', ...others] = await busesOf(listed('loop', driver));
    expect(text).toMatch(
      `--set:2: warning: Modules.Modules: nothing in this initrd brings the ${bus} bus, where ${named} would find devices\n`,
    );
    expect(text).toContain(`Modules=${provider}`);
    expect(others).toEqual([]);
    // The bus of the provider itself is another question, as usb of usbhid.
    const withProvider = await busesOf(listed(driver, provider));
    expect(withProvider.filter((line) => line.includes(`the ${bus} bus`))).toEqual([]);
    expect(await busesOf(listed(driver), kernelWith([provider]))).toEqual([]);
  });

  test('is one where it is built in, and its bus is not', async () => {
    const kernel = kernelWith(['virtio_blk', 'sd_mod']);
    expect(await busesOf(listed('virtio_blk', 'sd_mod'), kernel)).toHaveLength(2);
    expect(await busesOf(listed('virtio_blk'), kernelWith(['virtio_blk', 'virtio_pci']))).toEqual([]);
  });

  test('is none where another adapter brings it, and USB storage is an adapter that needs a bus itself', async () => {
    const [text = '', ...others] = await busesOf(listed('sd_mod', 'usb_storage'));
    expect(text).toContain('the usb bus, where usb_storage');
    expect(others).toEqual([]);
    expect(await busesOf(listed('sd_mod', 'usb_storage', 'xhci_pci'))).toEqual([]);
  });

  test('says what to look for where the kernel has nothing for it', async () => {
    const [text] = await busesOf(listed('virtio_blk'), kernelWith([], ['virtio_pci']));
    expect(text).toMatch(/hint: kernel \S+ has no module that does: such as virtio_pci, virtio_mmio/);
  });

  test('names the directory, and how many drivers it has there', async () => {
    const texts = await busesOf(coldplug('drivers/usb/storage', 'drivers/ata', 'drivers/scsi'));
    expect(texts).toEqual([
      expect.stringMatching(
        /^--set:2: warning: Modules\.ModuleDirectories: .* the usb bus, where (uas|usb_storage) and 1 more drivers would find devices\n +hint: ModuleDirectories=drivers\/usb\/host\/xhci_pci$/,
      ),
      expect.stringMatching(/^--set:4: warning: .* the vmbus bus, where hv_storvsc would/),
    ]);
  });

  test('is none on buses that are always there, or that a kernel has as an option', async () => {
    expect(await busesOf(listed('ahci', 'virtio_pci', 'xhci_pci', 'hv_vmbus', 'xen_blkfront'))).toEqual([]);
    const without = kernelWith([], [], { 'tree/config': 'CONFIG_MODULES=y\n' });
    expect(await busesOf(listed('xen_blkfront'), without)).toEqual([
      expect.stringMatching(
        /the xen bus.*\n +hint: kernel \S+ has no module that does: it is an option of the kernel/,
      ),
    ]);
  });
});

test('a directory that names nothing is a finding, one that names built-in drivers is none', async () => {
  const kernel = kernelWith(['virtio_pci', 'ahci']);
  const texts = async (...directories: readonly string[]) =>
    (await findingsOf('module-directories', coldplug(...directories), { kernel })).map(formatFinding);
  expect(await texts('drivers/virtio/virtio_pci', 'drivers/ata', 'kernel', 'drivers/usb')).toEqual([]);
  expect(await texts('drivers/ata', 'updates/dkms', 'drivers/usb/host/uas', 'drivers/nvdim')).toEqual([
    expect.stringMatching(
      /^--set:3: note: Modules\.ModuleDirectories: kernel \S+ has no drivers of devices in updates\/dkms, nor built-in ones$/,
    ),
    expect.stringMatching(
      /in drivers\/usb\/host\/uas, nor .*\n +hint: it has kernel\/drivers\/usb\/storage\/uas$/,
    ),
    expect.stringMatching(/in drivers\/nvdim, nor .*\n +hint: did you mean drivers\/nvdimm\?$/),
  ]);
  expect(await texts('extra')).toEqual([expect.stringContaining('error: Modules.ModuleDirectories')]);
});

test('a soft dependency that is neither a module nor built in is a note, also a weak one', async () => {
  const kernel = kernelWith(['virtio_pci'], [], {
    'tree/modules.softdep': 'softdep uas pre: virtio_pci gone post: ahci fs-none\n',
    'tree/modules.weakdep': 'weakdep ahci weak_one\n',
  });
  const findings = await findingsOf('loaded-modules', listed('uas'), { kernel });
  const notes = findings.filter(({ severity }) => severity === 'note').map(({ message }) => message);
  expect(notes.map((text) => text.replace(/^kernel \S+ has no module /, ''))).toEqual([
    'gone, which uas works better with',
    'fs-none, which uas works better with',
    'weak_one, which ahci works better with',
  ]);
});

test('tables that are not there are told of, but for a kernel that has no modules', async () => {
  const texts = async (kernel: ReturnType<typeof kernelWith>) =>
    (await findingsOf('kernel-tables', configure(), { kernel })).map(formatFinding);
  expect(await texts(kernelWith())).toEqual([
    expect.stringMatching(
      /the sysroot lacks modules\.softdep of kernel \S+: soft dependencies .*\n +hint: run depmod of kmod/,
    ),
  ]);
  expect(await texts(kernelOf({ 'tree/config': 'CONFIG_DM_VERITY=y\n' }))).toEqual([]);
  const [builtIn] = await texts(kernelOf({ 'tree/modules.dep': '', 'tree/config': 'CONFIG_MODULES=y\n' }));
  expect(builtIn).toContain('what is built in is taken from its configuration');
});
