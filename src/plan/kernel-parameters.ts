/** The parameters of the kernel command line that a platform listens to. */
import { usesUsr } from '../config/image-host.ts';
import { liveUsr } from '../config/live-usr.ts';
import type { PlatformSettings } from '../config/settings.ts';
import { choosesNewest } from '../config/verity-device.ts';

/** The names of one parameter; the first that is given counts. */
export type ParameterNames = readonly [string, ...string[]];

export type ParameterKey =
  | 'usrDevice'
  | 'usrFileSystem'
  | 'usrOptions'
  | 'hashDevice'
  | 'fecDevice'
  | 'verityOptions'
  | 'imageFilter'
  | 'timeout'
  | 'rootHash';

export interface KernelParameter {
  readonly key: ParameterKey;
  readonly names: ParameterNames;
  /** The variable of stage 1 that takes its value; none for what is only compared. */
  readonly variable?: string;
}

/** True where the root hash comes from the kernel command line. */
export function readsRootHash({ Verity }: Pick<PlatformSettings, 'Verity'>): boolean {
  return Verity.Verity === 'required' && Verity.RootHash === 'command-line';
}

/** The parameters that count, in the order in which they are explained. */
export function parametersOf(settings: PlatformSettings): readonly KernelParameter[] {
  const { Verity, KernelCommandLine: names } = settings;
  const verity = Verity.Verity === 'required';
  const overriding: readonly KernelParameter[] = [
    {
      key: 'usrDevice',
      names: verity && Verity.DataDevice ? names.DataDevice : names.UsrDevice,
      variable: 'usr_device',
    },
    { key: 'usrFileSystem', names: names.UsrFileSystem },
    // With several file systems it is only kept until the one of the device is known.
    {
      key: 'usrOptions',
      names: names.UsrOptions,
      ...(settings.Usr.FileSystem.length === 1 && { variable: 'usr_options' }),
    },
    ...(verity && Verity.HashDevice
      ? [{ key: 'hashDevice', names: names.HashDevice, variable: 'hash_device' } as const]
      : []),
    ...(verity && Verity.FecDevice
      ? [{ key: 'fecDevice', names: names.FecDevice, variable: 'fec_device' } as const]
      : []),
    ...(verity && names.VerityOptions
      ? [{ key: 'verityOptions', names: names.VerityOptions, variable: 'hash_offset' } as const]
      : []),
    ...(choosesNewest(settings)
      ? [{ key: 'imageFilter', names: names.ImageFilter, variable: 'usr_labels' } as const]
      : []),
    ...(names.Timeout ? [{ key: 'timeout', names: names.Timeout, variable: 'device_timeout' } as const] : []),
  ];
  return [
    ...(names.Override && usesUsr(settings) ? overriding : []),
    ...(readsRootHash(settings)
      ? [{ key: 'rootHash', names: names.RootHash, variable: 'root_hash' } as const]
      : []),
  ];
}

/** Parameters that name a device of /usr: with one of them it is no file of the initramfs. None where there is no such file. */
export function liveParametersOf(settings: PlatformSettings): readonly string[] {
  const { KernelCommandLine } = settings;
  const { Override, UsrDevice, DataDevice } = KernelCommandLine;
  return Override && liveUsr(settings) !== undefined ? [...UsrDevice, ...DataDevice] : [];
}

/** A parameter in words: `usrhash=`, and the names that count where that is not given. */
export function writeParameter({ names: [first, ...others] }: KernelParameter): string {
  return `${first}=${others.map((name) => ` (else ${name}=)`).join('')}`;
}

/** A name that counts only where none of those before it is given. */
export interface LaterName {
  readonly name: string;
  /** An extended regular expression for a word of the kernel command line that is one of those before it. */
  readonly earlier: string;
}

/** Names of parameters have no character that means something in a regular expression but the dot. */
export function laterNamesOf({ names }: KernelParameter): readonly LaterName[] {
  return names.slice(1).map((name, index) => {
    const earlier = names.slice(0, index + 1).map((other) => other.replaceAll('.', '[.]'));
    return { name, earlier: `^"?(${earlier.join('|')})=` };
  });
}
