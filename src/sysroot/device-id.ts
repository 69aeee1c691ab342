/** Devices as people know them, by a pattern of modules.alias. */

/** How the numbers of the two commonest buses stand in a modalias (Documentation of the kernel: struct pci_device_id, usb_device_id). */
const forms: readonly (readonly [RegExp, (id: RegExpExecArray) => string])[] = [
  [/^pci:v0000([0-9A-F]{4})d0000([0-9A-F]{4})/, ([, vendor, device]) => `pci ${vendor}:${device}`],
  [/^pci:v0000([0-9A-F]{4})d\*/, ([, vendor]) => `pci ${vendor}:*`],
  [/^pci:.*bc([0-9A-F]{2})sc([0-9A-F]{2})/, ([, base, sub]) => `pci class ${base}${sub}`],
  [/^usb:v([0-9A-F]{4})p([0-9A-F]{4})/, ([, vendor, product]) => `usb ${vendor}:${product}`],
];

/** Short for PCI and USB, such as `pci 1000:0030`; the pattern itself for other buses. */
export function formatDevice(pattern: string): string {
  for (const [form, format] of forms) {
    const id = form.exec(pattern);
    if (id) return format(id).toLowerCase();
  }
  return pattern;
}
