/** What an image is made of, as data: its files, and the package that each is from. Two formats are written from it. */
import { createHash } from 'node:crypto';
import { PackageURL } from 'packageurl-js';
import type { Package } from '../sysroot/packages/package.ts';

export interface BillFile {
  /** Absolute path in the image. */
  readonly path: string;
  readonly size: number;
  /** In hexadecimal. */
  readonly sha256: string;
  readonly sha1: string;
  /** The packages that it was made from: none where no package owns it, undefined where that is not known. */
  readonly packages: readonly Package[] | undefined;
}

export interface Bill {
  /** The image: its file's name, a version where it has one, its content. */
  readonly name: string;
  readonly version: string | undefined;
  readonly sha256: string;
  /** What wrote it: bootrelay. */
  readonly tool: Package;
  /** The distribution that the packages are of: ID and VERSION_ID of os-release(5). */
  readonly distribution: Distribution;
  readonly files: readonly BillFile[];
}

export interface Distribution {
  readonly id?: string | undefined;
  readonly version?: string | undefined;
}

/** Every package of a bill once, by its package URL, sorted by that. */
export function packagesOfBill({ files, distribution }: Bill): ReadonlyMap<string, Package> {
  const all = files.flatMap(({ packages = [] }) =>
    packages.map((one) => [packageUrl(one, distribution), one] as const),
  );
  return new Map(all.sort(([left], [right]) => (left < right ? -1 : 1)));
}

/** The package URL (purl-spec), such as pkg:deb/debian/libc6@2.41-12?arch=amd64&distro=debian-13. */
export function packageUrl(item: Package, { id, version: release }: Distribution): string {
  const { type, version, architecture } = item;
  const [group, name] = item.name.includes('/') ? item.name.split('/', 2) : [undefined, item.name];
  const ofSystem = type !== 'generic' && type !== 'npm';
  const namespace = group ?? (ofSystem && type !== 'ebuild' ? id : undefined);
  const distro = ofSystem && id !== undefined ? [id, release].filter(Boolean).join('-') : undefined;
  const qualifiers = { ...(architecture && { arch: architecture }), ...(distro && { distro }) };
  return new PackageURL(type, namespace, name ?? item.name, version, qualifiers, undefined).toString();
}

/** A UUID that is the same for the same bill (RFC 9562, version 8: made from a hash). */
export function uuidOfBill({ sha256, name, files }: Bill): string {
  const content = JSON.stringify([sha256, name, files.map((file) => [file.path, file.sha256])]);
  const hex = createHash('sha256').update(content).digest('hex');
  const parts = [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `8${hex.slice(13, 16)}`,
    `a${hex.slice(17, 20)}`,
    hex.slice(20, 32),
  ];
  return parts.join('-');
}
