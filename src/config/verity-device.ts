/** The verity device, of /usr or of an image elsewhere: its name, and which program makes it. */
import { imageHost, usesUsr } from './image-host.ts';
import type { PlatformSettings } from './settings.ts';
import type { UsrFileSystem } from './usr-file-systems.ts';
import { type DeviceSpec, formatDevice } from './value-types/devices.ts';
import { isDigest } from './value-types/hashes.ts';

export type VerityTool = 'dm-create' | 'dmsetup' | 'veritysetup' | 'systemd-veritysetup';

/** Verity.Tool, with `auto` decided by the form of stage 1 and by what only some of the tools can do. */
export function verityTool(settings: PlatformSettings): VerityTool {
  const { Initrd, Verity } = settings;
  if (Verity.Tool !== 'auto') return Verity.Tool;
  // Nothing but /usr needs units, and with them udev and what it calls.
  const systemd = Initrd.Init === 'systemd' && usesUsr(settings);
  if (Verity.RootHashSignature !== undefined || Verity.FecDevice)
    return systemd ? 'systemd-veritysetup' : 'veritysetup';
  return systemd ? 'dmsetup' : 'dm-create';
}

/** Tools that give the kernel a table which stage 1 makes. */
export function makesTable(tool: VerityTool): boolean {
  return tool === 'dm-create' || tool === 'dmsetup';
}

/** What systemd calls it (systemd-veritysetup-generator(8)); a boot entry may name it although the platform has no verity. */
export const usualVerityDevice = '/dev/mapper/usr';

/** The path of the verity device, whether the platform has one or not. */
export function verityDevicePath(settings: PlatformSettings): string {
  return `/dev/mapper/${settings.Verity.Name}`;
}

/** The partition with the data of /usr, as settings name it. Usr.Device may name the verity device where Verity.DataDevice is set. */
function namedPartition({ Usr, Verity, FullInitrd }: NamesUsr): DeviceSpec | undefined {
  if (imageHost({ FullInitrd })) return undefined;
  return Verity.Verity === 'required' && Verity.DataDevice ? Verity.DataDevice : Usr.Device;
}

type NamesUsr = Pick<PlatformSettings, 'Usr' | 'Verity' | 'FullInitrd'>;

/** The file systems that what verity checks may have. */
export function verifiedFileSystems({ Usr, FullInitrd }: NamesUsr): readonly UsrFileSystem[] {
  return imageHost({ FullInitrd }) ? [FullInitrd.FileSystem] : Usr.FileSystem;
}

/** True where /usr is a discoverable partition. */
export function dissects(settings: NamesUsr): boolean {
  return namedPartition(settings)?.by === 'dissect';
}

/** The partition with the data of /usr: `dissect` only where its name is not known before the boot. */
export function dataPartition(settings: NamesUsr): DeviceSpec | undefined {
  const { Verity, RootHash } = settings.Verity;
  const known = dissects(settings) && Verity === 'required' && isDigest(RootHash);
  return known ? partitionOf(RootHash.slice(0, digitsOfUuid)) : namedPartition(settings);
}

/** The partition of its own that has the hash tree; undefined where there is none. */
export function hashPartition(settings: NamesUsr): DeviceSpec | undefined {
  const { Verity, RootHash, HashDevice } = settings.Verity;
  if (Verity === 'no' || !dissects(settings)) return Verity === 'no' ? undefined : HashDevice;
  return isDigest(RootHash) ? partitionOf(RootHash.slice(-digitsOfUuid)) : { by: 'dissect', value: '' };
}

/** True where the hash tree is on another partition than the data, as far as their names tell. */
export function hasOwnHashPartition(settings: NamesUsr): boolean {
  const [data, hash] = [dataPartition(settings), hashPartition(settings)];
  return hash !== undefined && (hash.by === 'dissect' || !data || formatDevice(data) !== formatDevice(hash));
}

const digitsOfUuid = 32;

/** A partition whose UUID is made of digits of the root hash: systemd-veritysetup-generator(8). */
function partitionOf(digits: string): DeviceSpec {
  const value = digits.toLowerCase().replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
  return { by: 'PARTUUID', value };
}

/** True where nothing names the partition: of those that may be /usr the newest counts. */
export function choosesNewest(settings: NamesUsr): boolean {
  const { Verity, RootHash } = settings.Verity;
  return dissects(settings) && (Verity === 'no' || RootHash === 'signature');
}

/** Where the signature of the root hash is in the minimal initrd, or where stage 1 puts it; undefined where there is none. */
export function signatureFile(settings: Pick<PlatformSettings, 'Verity'>): string | undefined {
  return readsSignature(settings) ? '/tmp/usr.p7s' : settings.Verity.RootHashSignature;
}

/** True where the signature of the root hash is on a partition of its own. */
export function readsSignature({ Verity }: Pick<PlatformSettings, 'Verity'>): boolean {
  return Verity.Verity === 'required' && Verity.RootHashSignature === 'partition';
}
