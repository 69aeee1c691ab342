/** Which drivers a boot can need to reach its disks and to hear a keyboard, by where they are in the kernel's tree. */
import { isModuleBelow } from './drivers.ts';
import type { Kernel } from './kernel.ts';
import { isBelow } from './module-places.ts';

export type DeviceClass = 'storage' | 'bus' | 'USB host' | 'input';

/** Directories or modules of the kernel's own tree. Where a module is in two of them, the first counts. */
const classes: readonly (readonly [DeviceClass, readonly string[]])[] = [
  ['USB host', ['usb/host', 'usb/cdns3', 'usb/chipidea', 'usb/dwc2', 'usb/dwc3', 'usb/musb', 'usb/core']],
  [
    'bus',
    [
      ...['bus', 'firewire', 'hv/hv_vmbus', 'misc/cardreader', 'pci/controller', 'pci/hotplug', 'pcmcia'],
      ...['thunderbolt', 'virtio/virtio_mmio', 'virtio/virtio_pci'],
    ],
  ],
  ['input', ['hid', 'input/keyboard', 'input/serio']],
  [
    'storage',
    [
      ...[
        'acpi/nfit',
        'ata',
        'block',
        'dax',
        'infiniband/ulp',
        'memstick',
        'message',
        'mmc',
        'mtd',
        'nvdimm',
      ],
      ...['nvme', 's390/block', 's390/scsi', 'scsi', 'ufs', 'usb/storage'],
    ],
  ],
];

/** Of a device whose driver is elsewhere: mass storage controllers, by the class code of PCI (pci.ids, C 01). */
const massStorage = /^pci:.*bc01/;

/** A driver of an initrd: the path of its module there, and the modalias patterns of its devices. */
export interface DriverOfInitrd {
  readonly module: string;
  readonly path: string;
  readonly patterns: readonly string[];
}

/** The class of a driver's devices, by its place in the initrd or in the kernel; undefined where no boot waits for them. */
export function deviceClassOf(
  { module, path, patterns }: DriverOfInitrd,
  kernel: Kernel,
): DeviceClass | undefined {
  const tree = /\/lib\/modules\/[^/]+\/(.*)$/.exec(path)?.[1];
  const isIn = (directories: readonly string[]) => {
    const places = directories.map((directory) => `drivers/${directory}`);
    return (
      isModuleBelow(module, places, kernel) ||
      places.some((place) => tree !== undefined && isBelow(tree, place))
    );
  };
  const found = classes.find(([, directories]) => isIn(directories))?.[0];
  if (found !== undefined || kernel.places().has(module) || tree?.startsWith('kernel/')) return found;
  // A minimal initrd, which has no tree, has no drivers but those that a boot needs.
  const isWaitedFor = tree === undefined || patterns.some((pattern) => massStorage.test(pattern));
  return isWaitedFor && patterns.some((pattern) => !pattern.startsWith('cpu:')) ? 'storage' : undefined;
}
