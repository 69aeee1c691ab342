/** One of the two things that are compared, as data: as much of it as it has. */
import type { InitrdFile } from '../initrd/files.ts';
import type { BootPlan } from '../plan/boot-plan.ts';
import type { SidePackages } from './compare-packages.ts';

export interface SideSetting {
  readonly values: readonly string[];
  /** Where it was set: `FILE:LINE ...`, `default` or `--set`; not known of a build. */
  readonly origin: string | undefined;
}

/** The size of an image and its budget, in bytes; a budget of 0 is none. */
export interface ImageSize {
  readonly size: number;
  readonly budget: number;
}

export interface Side {
  /** As the user named it. */
  readonly name: string;
  readonly kind: 'platform' | 'rendered tree' | 'build' | 'initrd' | 'bill of materials';
  readonly platform?: string | undefined;
  readonly settings?: ReadonlyMap<string, SideSetting>;
  readonly plan?: BootPlan;
  /** Texts by path. */
  readonly texts?: ReadonlyMap<string, string>;
  readonly files?: ReadonlyMap<string, InitrdFile>;
  /** What the kernel makes nothing of, one sentence each. */
  readonly lost?: readonly string[];
  /** modalias patterns of the drivers in it, and the module of each. */
  readonly drivers?: ReadonlyMap<string, string>;
  /** Where its files are from, where that is known. */
  readonly packages?: SidePackages;
  /** The minimal initrd, or whatever initrd it is, in /boot. */
  readonly boot?: ImageSize;
  /** The image of the full initrd. */
  readonly usr?: ImageSize;
  /** Its own hash tree, where it has one: the root hash, and the hash of what the tree is of. */
  readonly tree?: { readonly rootHash: string; readonly data: string };
}
