import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { findDrivers, formatDrivers } from '../../src/sysroot/drivers.ts';
import { type Kernel, readKernel } from '../../src/sysroot/kernel.ts';
import { quotePattern } from '../../src/text/quote.ts';
import { runProgram, shells } from '../render/shells.ts';

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

describe.each(shells)('%s', (_, shell) => {
  const load = (text: string, alias: string) =>
    runProgram([...shell, '-s', alias], `load() { echo "$*"; }\n${text}load_drivers_of "$1"\n`);

  test('loads all drivers of a device, each behind what it depends on', () => {
    const drivers = [
      { sources: ['/x/libata.ko.xz', '/x/ahci.ko.xz'], aliases: ['pci:v*bc01sc06i01*', 'pci:v1*'] },
      { sources: ['/x/other.ko'], aliases: ['pci:v00001af4d*'] },
      { sources: ['/x/third.ko'], aliases: ['usb:v*'] },
    ];
    const text = formatDrivers(drivers, kernel);
    const alias = 'pci:v00001af4d0000bc01sc06i01';
    expect(load(text, alias)).toEqual({ status: 0, stdout: 'libata.ko ahci.ko\nother.ko\n', stderr: '' });
    expect(load(formatDrivers([], kernel), alias)).toEqual({ status: 0, stdout: '', stderr: '' });
  });

  test('a pattern of any characters matches itself and cannot become code', () => {
    const strange = fc.stringMatching(/^[ -Z^-~]{1,30}$/).filter((text) => !/[\s*?[\]\\]/.test(text));
    fc.assert(
      fc.property(strange, (name) => {
        const text = formatDrivers([{ sources: ['/x/a.ko'], aliases: [`of:N${name}*`] }], kernel);
        expect(load(text, `of:N${name}Tail`)).toEqual({ status: 0, stdout: 'a.ko\n', stderr: '' });
      }),
      { numRuns: 100 },
    );
  });
});

test('white space and control characters are in no pattern', () => {
  for (const pattern of ['a b', 'a\nb', 'a\u0000b']) expect(() => quotePattern(pattern)).toThrow(/modalias/);
});
