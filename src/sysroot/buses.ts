/** Buses that a driver must bring before others find devices on them, and which drivers do. What has no row is always there. */
import { findBuiltIn, isModuleBelow } from './drivers.ts';
import type { Kernel } from './kernel.ts';

export interface Bus {
  /** How the modalias of its devices begins, up to the colon. */
  readonly name: string;
  /** Modules that bring it, the most common ones first. */
  readonly providers: readonly string[];
  /** Directories of the kernel's tree where a driver of a device on another bus brings it too. */
  readonly directories?: readonly string[];
  /** Modules there that do not by themselves. */
  readonly helpers?: RegExp;
  /** Options of a kernel, without CONFIG_, that bring it without a module. */
  readonly options?: readonly string[];
  /** Drivers of its devices that may not tell so: kernels before 6.17 do not tell what built-in ones drive. */
  readonly drivers: readonly string[];
}

export const buses: readonly Bus[] = [
  {
    name: 'virtio',
    providers: ['virtio_pci', 'virtio_mmio', 'virtio_ccw', 'virtio_vdpa'],
    options: ['VIRTIO_UML'],
    drivers: ['virtio_blk', 'virtio_scsi', 'virtio_net', 'virtio_console', 'virtio_input'],
  },
  {
    name: 'usb',
    providers: ['xhci_pci', 'ehci_pci', 'ohci_pci', 'uhci_hcd', 'xhci_plat_hcd', 'dwc2'],
    directories: [
      'host',
      'cdns3',
      'chipidea',
      'dwc2',
      'dwc3',
      'isp1760',
      'mtu3',
      'musb',
      'renesas_usbhs',
    ].map((name) => `drivers/usb/${name}`),
    helpers: /^(xhci_hcd|ehci_hcd|ohci_hcd|xhci_pci_renesas)$/,
    drivers: ['usb_storage', 'uas', 'usbhid'],
  },
  {
    name: 'scsi',
    providers: [
      ...['virtio_scsi', 'ahci', 'ata_piix', 'megaraid_sas', 'mpt3sas', 'usb_storage', 'uas', 'hv_storvsc'],
      ...['vmw_pvscsi', 'iscsi_tcp', 'ib_iser', 'ib_srp', 'fcoe', 'scsi_debug'],
    ],
    directories: ['scsi', 'ata', 'usb/storage', 'message/fusion', 'ufs', 'firewire', 's390/scsi'].map(
      (name) => `drivers/${name}`,
    ),
    helpers: /^(scsi_\w+|sd_mod|sr_mod|st|sg|ses|ch|raid_class|lib\w+|firewire_(core|ohci|net))$/,
    drivers: ['sd_mod', 'sr_mod'],
  },
  {
    name: 'mmc',
    providers: ['sdhci_pci', 'sdhci_acpi', 'rtsx_pci_sdmmc', 'dw_mmc_pltfm'],
    directories: ['drivers/mmc/host'],
    helpers: /^(sdhci|cqhci|dw_mmc|sdhci_pltfm)$/,
    drivers: ['mmc_block'],
  },
  {
    name: 'hid',
    providers: ['usbhid', 'hid_hyperv', 'i2c_hid_acpi', 'i2c_hid_of', 'hidp', 'uhid'],
    directories: ['usbhid', 'i2c-hid', 'intel-ish-hid', 'amd-sfh-hid', 'surface-hid'].map(
      (name) => `drivers/hid/${name}`,
    ),
    helpers: /^(usbkbd|usbmouse|i2c_hid)$/,
    drivers: ['hid_generic'],
  },
  {
    name: 'vmbus',
    providers: ['hv_vmbus'],
    drivers: ['hv_storvsc', 'hv_netvsc', 'hyperv_keyboard', 'hid_hyperv', 'pci_hyperv'],
  },
  {
    name: 'xen',
    providers: [],
    options: ['XEN_XENBUS_FRONTEND', 'XEN'],
    drivers: ['xen_blkfront', 'xen_scsifront', 'xen_netfront'],
  },
  {
    name: 'serio',
    providers: ['i8042', 'hyperv_keyboard', 'serport'],
    directories: ['drivers/input/serio'],
    helpers: /^(serio|libps2|serio_raw)$/,
    drivers: ['atkbd', 'psmouse'],
  },
  {
    name: 'nd',
    providers: ['nfit', 'nd_e820', 'virtio_pmem', 'of_pmem'],
    directories: ['drivers/acpi/nfit', 'drivers/nvdimm'],
    helpers: /^(libnvdimm|nd_pmem|nd_btt)$/,
    drivers: ['nd_pmem', 'nd_btt'],
  },
  {
    name: 'ieee1394',
    providers: ['firewire_ohci'],
    drivers: ['firewire_sbp2'],
  },
];

/** The buses that a driver is for, where nothing brings any of them: neither a module of `loaded` nor the kernel itself. */
export function busesWithoutDriver(
  driver: string,
  loaded: ReadonlySet<string>,
  kernel: Kernel,
): readonly Bus[] {
  const names = busNamesOf(driver, kernel);
  const wanted = buses.filter(({ name, drivers }) => names.has(name) || drivers.includes(driver));
  const onlyThese = [...names].every((name) => wanted.some((bus) => bus.name === name));
  return onlyThese && !wanted.some((bus) => isBrought(bus, loaded, kernel)) ? wanted : [];
}

/** How the modalias patterns of a driver begin, up to the colon. */
function busNamesOf(driver: string, kernel: Kernel): ReadonlySet<string> {
  const aliases = kernel.devices().get(driver) ?? [];
  return new Set(aliases.map((alias) => alias.slice(0, alias.indexOf(':'))));
}

function isBrought(bus: Bus, loaded: ReadonlySet<string>, kernel: Kernel): boolean {
  const { providers, directories = [], helpers, options = [] } = bus;
  const isHelper = (name: string) => helpers?.test(name) ?? false;
  return (
    // Where the configuration is not known, neither is the bus.
    options.some((option) => !kernel.options || kernel.options.get(option) === 'y') ||
    providers.some((name) => kernel.builtin.has(name) || loaded.has(name)) ||
    findBuiltIn(kernel, directories).some((name) => !isHelper(name)) ||
    [...loaded].some(
      (name) =>
        isModuleBelow(name, directories, kernel) &&
        [...busNamesOf(name, kernel)].some((other) => other !== bus.name),
    )
  );
}
