/** A live system: /usr is a file of the initramfs. */
import { usesUsr } from './image-host.ts';
import type { PlatformSettings } from './settings.ts';

/** The file that is /usr, that of its hash tree where the platform has it apart, and whether verity checks it. */
export interface LiveUsr {
  readonly image: string;
  readonly hash: string | undefined;
  /** `optional`: where the kernel command line gives a root hash. */
  readonly verity: 'required' | 'optional' | 'no';
}

/** The live system of a platform; undefined where it knows none. */
export function liveUsr(settings: PlatformSettings): LiveUsr | undefined {
  const { Usr, Verity } = settings;
  if (Usr.LiveImage === undefined || !usesUsr(settings)) return undefined;
  const required = Verity.Verity === 'required';
  const builtIn = Verity.RootHash !== 'command-line';
  return {
    image: Usr.LiveImage,
    hash: required && Verity.HashDevice ? Usr.LiveHash : undefined,
    verity: required ? (builtIn ? 'required' : Usr.LiveVerity) : 'no',
  };
}

/** True where the platform has verity, and a live system may go without. */
export function mayGoWithoutVerity(settings: PlatformSettings): boolean {
  return liveUsr(settings)?.verity === 'optional';
}
