/**
 * What is sealed to the signed PCR 11 of one UKI is unsealed after the boot of another one that the same key signed: an update of
 * either slot needs no new sealing. One that another key signed does not get it.
 */
import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from '@jest/globals';
import { withoutFault } from '../../src/boot/faults/inject.ts';
import { runGuest } from '../../src/boot/guest.ts';
import { throughFirmware } from '../../src/boot/loader.ts';
import { type Machine, makeMachine } from '../../src/boot/machine.ts';
import { makeSigningKey, type SigningKey } from '../../src/boot/signing-key.ts';
import { planBoot } from '../../src/plan/plan.ts';
import { findKernelImage } from '../../src/sysroot/kernel.ts';
import type { Accelerator } from '../../src/tools/qemu.ts';
import { osReleaseOf } from '../../src/uki/efi-programs.ts';
import { configure } from '../config/platform-files.ts';
import { openLab } from '../lab/lab.ts';

const lab = openLab();
const config = configure(
  ...['Usr.FileSystem=erofs', 'Modules.Modules=virtio_blk', 'Initrd.CompressionLevel=3'],
  ...['FullInitrd.Source=thin', 'FullInitrd.FileSystem=erofs'],
);
const kernelImage = findKernelImage(lab.sysroot, lab.kernel) ?? '';
const work = mkdtempSync(join(lab.shared, 'sealing-'));
/** The state of the TPM goes from boot to boot. */
const tpm = join(work, 'tpm');

let machine: Machine;
let keys: readonly [SigningKey, SigningKey];

beforeAll(async () => {
  const made = await makeMachine({
    ...{ config, plan: planBoot(config, []), files: [], sysroot: lab.sysroot, kernel: lab.kernel },
    ...{ kernelImage, initrd: lab.fullInitrd, work, progress: () => undefined },
  });
  if (!('machine' in made)) throw new Error(JSON.stringify(made.findings));
  machine = made.machine;
  keys = [await makeSigningKey(work, 'pcr'), await makeSigningKey(work, 'other')];
}, 300_000);

/** A script that runs before the report, by credentials in the SMBIOS: systemd.system-credentials(7). */
function credentialsFor(script: string): readonly string[] {
  const unit = [
    ...['[Unit]', 'DefaultDependencies=no', 'After=multi-user.target', 'Before=bootrelay-report.service'],
    ...['[Service]', 'Type=oneshot', 'ExecStart=/bin/sh /run/credentials/@system/sealing.script', ''],
  ].join('\n');
  const credential = (name: string, content: string) =>
    `io.systemd.credential.binary:${name}=${Buffer.from(content).toString('base64')}`;
  return [
    credential('sealing.script', script),
    credential('systemd.extra-unit.sealing.service', unit),
    credential('systemd.unit-dropin.multi-user.target', '[Unit]\nWants=sealing.service\n'),
  ];
}

/** Boots a UKI of its own command line, whose PCR 11 `key` signed; gives what the script said. */
async function bootSigned(name: string, key: SigningKey, script: string): Promise<string> {
  const directory = mkdtempSync(join(work, `${name}-`));
  const { hardware } = await throughFirmware(
    { ...withoutFault(machine), commandLine: `${machine.commandLine} bootrelay.test=${name}` },
    'uki',
    {
      ...{ config, kernelImage, sysroot: lab.sysroot, version: lab.kernel, work: directory },
      ...{ osRelease: osReleaseOf(lab.sysroot), key: undefined },
      pcrKey: key,
    },
  );
  const { seen } = await runGuest({
    guest: {
      architecture: 'x86-64',
      accelerator: process.env.BOOTRELAY_TEST_ACCELERATOR as Accelerator,
      ...{ kernel: undefined, commandLine: '', disks: hardware.disks, memory: 1024, firmware: 'uefi', tpm },
      oemStrings: credentialsFor(script),
    },
    log: join(directory, 'console.log'),
    timeout: 250,
    enough: ({ reportEnded }) => reportEnded,
  });
  expect(seen.reportEnded).toBe(true);
  const said = seen.report.filter(({ key: what }) => what === 'sealing');
  return said.map(({ value }) => value).join('');
}

/** A line of the kernel's log has no room for all of it. */
const say = `tr -d '\\n' | fold -w 500 | while read -r part || [ -n "$part" ]; do
    echo "<6>bootrelay-report: sealing $part" > /dev/kmsg
done
`;
const policy = '--with-key=tpm2-with-public-key --tpm2-public-key-pcrs=11 --tpm2-pcrs=';
const seal = `echo opened | systemd-creds encrypt ${policy} --name=secret - - | ${say}`;
const unseal = (sealed: string) =>
  `{ echo ${sealed} | systemd-creds decrypt --name=secret - - || echo refused; } | ${say}`;

test('a secret of slot A is opened in slot B, and in no UKI of another key', async () => {
  const sealed = await bootSigned('a', keys[0], seal);
  expect(sealed).toMatch(/^[A-Za-z0-9+/=]{100,}$/);
  expect(await bootSigned('b', keys[0], unseal(sealed))).toBe('opened');
  expect(await bootSigned('c', keys[1], unseal(sealed))).toBe('refused');
}, 900_000);
