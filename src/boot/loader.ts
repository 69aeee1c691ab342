/** The way from the firmware to the kernel: an ESP with systemd-boot, and what it starts. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { PlatformConfig } from '../config/validate.ts';
import { makeDisk } from '../disk/disk.ts';
import { type EspFiles, espType, makeEsp } from '../disk/esp.ts';
import { rootHashNames } from '../disk/given-root-hash.ts';
import { requireFirmware } from '../tools/qemu.ts';
import { buildAddon, buildUki } from '../uki/build-uki.ts';
import { defaultLoaderPath, findEfiProgram } from '../uki/efi-programs.ts';
import type { MeasuredFiles } from '../uki/expected-pcrs.ts';
import type { FaultyMachine } from './faults/inject.ts';
import { enrolKey, pcrSigning, signProgram, ukifySigning } from './secure-boot.ts';
import type { SigningKey } from './signing-key.ts';

/** What starts the kernel: QEMU itself, or systemd-boot a UKI, a UKI that an addon tells of /usr, or an entry with kernel and initrd. */
export type Loader = 'qemu' | 'uki' | 'addon' | 'entry';

export interface LoadedSystem {
  readonly config: PlatformConfig;
  readonly sysroot: string;
  readonly kernelImage: string;
  readonly version: string;
  readonly initrd: string;
  readonly commandLine: string;
  readonly osRelease: string;
  /** Signs all that firmware starts. */
  readonly key: SigningKey | undefined;
  /** Signs the expected values of PCR 11, for what is sealed to them. */
  readonly pcrKey?: SigningKey | undefined;
  /** An existing directory. */
  readonly work: string;
}

/** What an ESP has for one version of a system, and the files that PCRs are computed from. */
export interface LoadedFiles {
  readonly esp: EspFiles;
  readonly uki?: string;
  readonly addons: readonly string[];
}

/** The files of one system in the ESP; `name` is that of the UKI or entry, with its counters where it has some. */
export async function filesToLoad(
  loader: Exclude<Loader, 'qemu'>,
  name: string,
  system: LoadedSystem,
): Promise<LoadedFiles> {
  if (loader === 'entry') return { esp: await entryFiles(name, system), addons: [] };
  const { config, sysroot, kernelImage: kernel, version, initrd, osRelease, work } = system;
  const { shared, ofSlot } = splitWords(system, loader);
  const signing = [...ukifySigning(system.key), ...pcrSigning(system.pcrKey)];
  const words = { main: shared, recovery: undefined };
  const uki = await buildUki({ config, sysroot, kernel, version, initrd, osRelease, words, signing, work });
  const path = `/EFI/Linux/${name}.efi`;
  if (loader === 'uki') return { esp: { [path]: uki }, uki, addons: [] };
  const addon = await buildAddon({
    config,
    sysroot,
    words: ofSlot,
    version,
    signing: ukifySigning(system.key),
    work,
  });
  return { esp: { [path]: uki, [`${path}.extra.d/slot.addon.efi`]: addon }, uki, addons: [addon] };
}

/** An addon has the words that name the root hash. */
function splitWords({ config, commandLine }: LoadedSystem, loader: Loader) {
  if (loader !== 'addon') return { shared: commandLine, ofSlot: '' };
  const names = rootHashNames(config.settings);
  const isOfSlot = (word: string) => names.some((name) => word.startsWith(`${name}=`));
  const words = commandLine.split(' ');
  return {
    shared: words.filter((word) => !isOfSlot(word)).join(' '),
    ofSlot: words.filter(isOfSlot).join(' '),
  };
}

/** Boot Loader Specification, type 1: the kernel is an EFI program, and gets its initrd from the boot loader. */
async function entryFiles(name: string, system: LoadedSystem): Promise<EspFiles> {
  const { version, kernelImage, initrd, commandLine, key, work } = system;
  const entry = join(work, 'entry.conf');
  const lines = [
    'title bootrelay',
    `version ${version}`,
    `linux /bootrelay/${name}/linux`,
    `initrd /bootrelay/${name}/initrd`,
    `options ${commandLine}`,
  ];
  writeFileSync(entry, `${lines.join('\n')}\n`);
  const linux = key ? await signProgram(kernelImage, key, join(work, 'linux.signed')) : kernelImage;
  return {
    [`/loader/entries/${name}.conf`]: entry,
    [`/bootrelay/${name}/linux`]: linux,
    [`/bootrelay/${name}/initrd`]: initrd,
  };
}

/** systemd-boot, where firmware finds it without an entry of its own, and its configuration: it shows no menu. */
export async function loaderFiles(
  config: PlatformConfig,
  { sysroot, key, work }: Pick<LoadedSystem, 'sysroot' | 'key' | 'work'>,
): Promise<{ readonly esp: EspFiles; readonly loader: string }> {
  const { Architecture } = config.settings.Platform;
  const unsigned = findEfiProgram('loader', Architecture, sysroot);
  const loader = key ? await signProgram(unsigned, key, join(work, 'loader.efi')) : unsigned;
  const configuration = join(work, 'loader.conf');
  writeFileSync(configuration, 'timeout 0\n');
  const esp = { [defaultLoaderPath(Architecture)]: loader, '/loader/loader.conf': configuration };
  return { esp, loader };
}

/** A machine with the firmware in front of it: what it boots is on a disk of its own, behind those that it has. */
export interface FirmwareMachine {
  readonly hardware: FaultyMachine;
  /** What PCRs follow from; none for an entry. */
  readonly measured: Omit<MeasuredFiles, 'work'> | undefined;
}

const espUuid = 'b0074e1a-0000-4000-8000-000000000016';

/** The same machine, started by its firmware: with Secure Boot where there is a key. Throws ToolError. */
export async function throughFirmware(
  hardware: FaultyMachine,
  loader: Exclude<Loader, 'qemu'>,
  system: Omit<LoadedSystem, 'initrd' | 'commandLine'>,
  /** More certificates for the db of a firmware with Secure Boot. */
  trusted: readonly string[] = [],
): Promise<FirmwareMachine> {
  const { config, key, work } = system;
  const secureBoot = key !== undefined;
  const { Architecture } = config.settings.Platform;
  requireFirmware(Architecture, secureBoot ? 'secure-boot' : 'uefi');
  const { initrd, commandLine } = hardware;
  const whole = { ...system, initrd, commandLine };
  const boot = await loaderFiles(config, whole);
  const { esp, uki, addons } = await filesToLoad(loader, 'bootrelay', whole);
  const partition = join(work, 'esp.img');
  await makeEsp({ ...boot.esp, ...esp }, partition);
  const disk = join(work, 'esp-disk.img');
  await makeDisk([{ name: 'ESP', uuid: espUuid, type: espType, file: partition }], disk);
  const variables = key ? { variables: await enrolKey(Architecture, key, work, trusted) } : {};
  return {
    hardware: {
      ...hardware,
      ...variables,
      firmware: secureBoot ? 'secure-boot' : 'uefi',
      disks: [...hardware.disks, { file: disk, boots: true }],
    },
    measured: uki === undefined ? undefined : { uki, addons, loader: boot.loader, secureBoot },
  };
}
