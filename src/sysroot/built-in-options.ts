/** Which modules the options of a kernel's configuration stand for, where no modules.builtin tells what is built in. */
import { canonicalModuleName } from '../plan/boot-plan.ts';

/** Options, without CONFIG_, whose modules have other names than the rule below finds. */
const modulesOfOption: Readonly<Record<string, readonly string[]>> = {
  ATA: ['libata'],
  BLK_DEV_DM: ['dm_mod'],
  BLK_DEV_SD: ['sd_mod'],
  BLK_DEV_SR: ['sr_mod'],
  CRYPTO_SHA2_ARM64_CE: ['sha2_ce'],
  FUSION_FC: ['mptfc'],
  FUSION_SAS: ['mptsas'],
  FUSION_SPI: ['mptspi'],
  HID_HYPERV_MOUSE: ['hid_hyperv'],
  HYPERV: ['hv_vmbus'],
  HYPERV_NET: ['hv_netvsc'],
  HYPERV_STORAGE: ['hv_storvsc'],
  MMC: ['mmc_core'],
  PSTORE_RAM: ['ramoops'],
  SCSI: ['scsi_mod'],
  SCSI_QLA_FC: ['qla2xxx'],
  SCSI_VIRTIO: ['virtio_scsi'],
  USB: ['usbcore'],
  USB_HID: ['usbhid'],
  USB_OHCI_HCD_PCI: ['ohci_pci'],
  VMWARE_PVSCSI: ['vmw_pvscsi'],
  XEN_BLKDEV_FRONTEND: ['xen_blkfront'],
  XEN_NETDEV_FRONTEND: ['xen_netfront'],
  XEN_SCSI_FRONTEND: ['xen_scsifront'],
};

/** What options have around the name of their module: DM_VERITY, BLK_DEV_LOOP, EROFS_FS, SATA_AHCI, USB_XHCI_PCI. */
const around = /^(?:BLK_DEV_|CRYPTO_|MMC_|SATA_|SCSI_|SERIO_|USB_)?(.+?)(?:_FS)?$/;

/** Canonical names of modules that the options with the value y may stand for; more than there are, and not all. */
export function builtInByOptions(options: ReadonlyMap<string, string>): readonly string[] {
  const builtIn = [...options].filter(([, value]) => value === 'y').map(([option]) => option);
  return builtIn
    .flatMap((option) => [
      option,
      around.exec(option)?.[1] ?? option,
      ...(Object.hasOwn(modulesOfOption, option) ? (modulesOfOption[option] ?? []) : []),
    ])
    .map((name) => canonicalModuleName(name.toLowerCase()));
}
