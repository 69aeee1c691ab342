import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import { findDrivers } from '../../src/sysroot/drivers.ts';
import { type Kernel, readKernel } from '../../src/sysroot/kernel.ts';

const sysroot = mkdtempSync(join(tmpdir(), 'bootrelay-drivers-'));
afterAll(() => rmSync(sysroot, { recursive: true }));
const directory = join(sysroot, 'usr/lib/modules/6.12');
mkdirSync(directory, { recursive: true });

const paths = [
  'kernel/drivers/ata/ahci.ko.xz',
  'kernel/drivers/ata/libata.ko.xz',
  'kernel/drivers/scsi/sd_mod.ko.xz',
  'kernel/drivers/scsi/st.ko.xz',
  'kernel/drivers/scsi/hisi_sas/hisi_sas_main.ko',
  'kernel/drivers/hv/hv_vmbus.ko',
  'kernel/drivers/hv/hv_balloon.ko',
  'kernel/fs/erofs/erofs.ko',
];
writeFileSync(join(directory, 'modules.dep'), paths.map((path) => `${path}:\n`).join(''));
writeFileSync(
  join(directory, 'modules.alias'),
  `# Aliases extracted from modules themselves.
alias pci:v00008086d00002652sv*sd*bc*sc*i* ahci
alias pci:v*d*sv*sd*bc01sc06i01* ahci
alias scsi:t-0x00* sd_mod
alias scsi:t-0x01* st
alias scsi:t-0x05* st
alias acpi*:VMBUS:* hv_vmbus
alias vmbus:dc7450* hv_balloon
alias fs-erofs erofs
`,
);

const kernel = readKernel(sysroot, '6.12') as Kernel;

test('drivers of devices are found below directories and by file, what drives no disk is not', () => {
  const found = findDrivers(kernel, ['drivers/ata', 'drivers/scsi', 'drivers/hv/hv_vmbus', 'fs/erofs']);
  expect([...found]).toEqual([
    ['ahci', ['pci:v00008086d00002652sv*sd*bc*sc*i*', 'pci:v*d*sv*sd*bc01sc06i01*']],
    ['sd_mod', ['scsi:t-0x00*']],
    ['hv_vmbus', ['acpi*:VMBUS:*']],
  ]);
});
