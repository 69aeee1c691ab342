/** The bill of materials of a packed full initrd: its generator says of no file where it is from, so that the system is asked. */
import { statSync } from 'node:fs';
import { join } from 'node:path';
import type { Bill, BillFile } from '../bom/bill.ts';
import { hashesOfFile } from '../bom/hashes.ts';
import { ownPackage, type SystemPackages } from '../bom/system-packages.ts';
import type { Package } from '../sysroot/packages/package.ts';
import { fileInSysroot, resolveInSysroot } from '../sysroot/paths.ts';
import type { PackedFile } from './pack.ts';

export interface PackedBillOptions {
  /** The image's file name and the SHA-256 of its content. */
  readonly name: string;
  readonly sha256: string;
  readonly files: readonly PackedFile[];
  /** Absolute paths of bootrelay's own files. */
  readonly own: readonly string[];
  readonly system: SystemPackages;
}

/** All regular files, in the order of the image. */
export function billOfImage({ name, sha256, files, own, system }: PackedBillOptions): Bill {
  const find = packageFinder(system);
  const billed = files.map((file): BillFile => {
    const path = `/${file.path}`;
    const { size, hashes } = file;
    return { path, size, ...hashes, packages: own.includes(path) ? [ownPackage()] : find(path, file) };
  });
  return {
    name,
    version: undefined,
    sha256,
    tool: ownPackage(),
    distribution: system.distribution,
    files: billed,
  };
}

/**
 * Finds the package of a file: that of the file at the same path of the system, if it has the same content; else that of
 * a file of a generator of initrds with this content, since they put theirs in other places. An empty file is nobody's.
 */
function packageFinder({ sysroot, packages }: SystemPackages) {
  if (sysroot === undefined || packages === undefined) return () => undefined;
  const hasContent = (path: string, { size, hashes }: PackedFile) => {
    const file = fileInSysroot(sysroot, path);
    const stat = file === undefined ? undefined : statSync(file);
    return (
      file !== undefined &&
      stat?.isFile() &&
      stat.size === size &&
      hashesOfFile(file).sha256 === hashes.sha256
    );
  };
  let bySize: ReadonlyMap<number, readonly string[]> | undefined;
  return (path: string, file: PackedFile): readonly Package[] => {
    if (file.size === 0) return [];
    const owner = hasContent(path, file)
      ? packages.ownerOf(resolveInSysroot(sysroot, path) ?? path)
      : undefined;
    if (owner) return [owner];
    bySize ??= pathsBySize(sysroot, [...packages.paths()].filter(ofGenerator));
    const elsewhere = bySize.get(file.size)?.find((candidate) => hasContent(candidate, file));
    const other = elsewhere === undefined ? undefined : packages.ownerOf(elsewhere);
    return other ? [other] : [];
  };
}

/** Where dracut and initramfs-tools have what they put into an initrd by another name. */
function ofGenerator(path: string): boolean {
  return /^\/usr\/(lib\/dracut|share\/initramfs-tools)\//.test(path);
}

/** Files by their sizes. */
function pathsBySize(sysroot: string, paths: readonly string[]): ReadonlyMap<number, readonly string[]> {
  const bySize = new Map<number, string[]>();
  for (const path of paths) {
    const stat = statSync(join(sysroot, path), { throwIfNoEntry: false });
    if (!stat?.isFile()) continue;
    const known = bySize.get(stat.size);
    if (known) known.push(path);
    else bySize.set(stat.size, [path]);
  }
  return bySize;
}
