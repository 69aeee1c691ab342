/** Which package of a system a file is of, whichever package manager it has. */
import { mergeUsr } from '../paths.ts';
import { apk } from './apk.ts';
import { dpkg } from './dpkg.ts';
import type { OwnedFiles, Package, PackageManager } from './package.ts';
import { portage } from './portage.ts';
import { rpm } from './rpm.ts';

export const packageManagers: readonly PackageManager[] = [dpkg, rpm, apk, portage];

export interface Packages {
  /** The package manager whose database it is. */
  readonly manager: string;
  /** The package that has the file at a path of the system, whose links are followed; undefined for none. */
  readonly ownerOf: (path: string) => Package | undefined;
  /** All paths that packages have, with a merged /usr. */
  readonly paths: () => Iterable<string>;
}

/** The packages of a sysroot; undefined where it has none of the known databases, or only empty ones. Throws ToolError. */
export function readPackages(sysroot: string): Packages | undefined {
  for (const { name, read } of packageManagers) {
    const owned = read(sysroot);
    if (owned.length > 0) return packagesOf(name, owned);
  }
  return undefined;
}

function packagesOf(manager: string, all: readonly OwnedFiles[]): Packages {
  const owners = new Map(
    all.flatMap(({ package: owner, files }) => files.map((file) => [mergeUsr(file), owner] as const)),
  );
  return { manager, ownerOf: (path) => owners.get(mergeUsr(path)), paths: () => owners.keys() };
}
