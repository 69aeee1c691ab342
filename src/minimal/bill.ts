/** The bill of materials of a minimal initrd: which package each of its files is from. */
import { relative } from 'node:path';
import type { Bill, BillFile } from '../bom/bill.ts';
import { hashesOfFile } from '../bom/hashes.ts';
import { ownPackage, type SystemPackages } from '../bom/system-packages.ts';
import type { Package } from '../sysroot/packages/package.ts';
import type { Entry } from './entries.ts';

export interface BillOptions {
  /** The initrd's file name, its kernel, the SHA-256 of its content. */
  readonly name: string;
  readonly kernel: string;
  readonly sha256: string;
  readonly entries: readonly Entry[];
  readonly system: SystemPackages;
}

/** All regular files, in the order of the initrd. */
export function billOfInitrd({ name, kernel, sha256, entries, system }: BillOptions): Bill {
  const files = entries.flatMap((entry): readonly BillFile[] => {
    if (entry.type !== 'file') return [];
    const { path, size, source } = entry;
    return [{ path, size, ...hashesOfFile(source), packages: packagesOf(entry, system) }];
  });
  return { name, version: kernel, sha256, tool: ownPackage(), distribution: system.distribution, files };
}

/** The packages that a file is from; undefined where that is not known. */
function packagesOf(entry: Entry, { sysroot, packages }: SystemPackages): readonly Package[] | undefined {
  if (entry.type !== 'file') return [];
  const origins = entry.madeFrom ?? [entry.source];
  if (origins.length === 0) return [ownPackage()];
  if (sysroot === undefined || packages === undefined) return undefined;
  const owners = origins.flatMap((origin) => packages.ownerOf(`/${relative(sysroot, origin)}`) ?? []);
  return [...new Set(owners)];
}
