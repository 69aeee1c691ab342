/** The manifest of a build, from what went in. */
import { type Bill, packagesOfBill, packageUrl } from '../bom/bill.ts';
import { effectiveSettings } from '../config/effective.ts';
import { shownValues } from '../config/secrets.ts';
import type { PlatformConfig } from '../config/validate.ts';
import type { Manifest, ManifestFile } from '../json/manifest.ts';
import type { Entry } from './entries.ts';
import { totalMemory } from './unpacking-memory.ts';

/** An entry as the manifest has it: by hash, without the path that it came from. */
export function manifestFile(entry: Entry): ManifestFile {
  const { path, part, type } = entry;
  switch (entry.type) {
    case 'file':
      return { path, type, part, mode: entry.mode.toString(8), size: entry.size, sha256: entry.sha256 };
    case 'link':
      return { path, type, part, target: entry.target };
    case 'char':
      return { path, type, part, mode: entry.mode.toString(8), device: `${entry.major}:${entry.minor}` };
    case 'dir':
      return { path, type, part, mode: entry.mode.toString(8) };
  }
}

/** The manifest with what the bill says of its files. */
export function withPackages(manifest: Manifest, bill: Bill): Manifest {
  const owners = new Map(
    bill.files.map(({ path, packages }) => [
      path,
      packages?.map((one) => packageUrl(one, bill.distribution)),
    ]),
  );
  const packages = [...packagesOfBill(bill)].map(
    ([url, { name, version, license }]) =>
      [url, { name, version, ...(license !== undefined && { license }) }] as const,
  );
  const files = manifest.files.map((file) => {
    const known = file.type === 'file' ? owners.get(file.path) : undefined;
    return known ? { ...file, packages: known } : file;
  });
  const known = bill.files.every((file) => file.packages !== undefined);
  return { ...manifest, files, ...(known && { packages: Object.fromEntries(packages) }) };
}

/** All effective settings as texts, secrets replaced by words that change when they do. */
export function manifestSettings(config: PlatformConfig): Manifest['settings'] {
  return Object.fromEntries(
    effectiveSettings(config).map(({ row: { name }, values }) => [name, [...shownValues(name, values)]]),
  );
}

/** What settings limit, as the checks know it. */
export function limitedOf({ initrd }: Manifest): {
  readonly minimalSize: number;
  readonly unpackingMemory: number;
} {
  return { minimalSize: initrd.size, unpackingMemory: totalMemory(initrd.memory) };
}
