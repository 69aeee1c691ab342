/** Packages that came, went or have another version, and files that no package owns. */

/** Where the files of a side are from. */
export interface SidePackages {
  /** Name -> its versions, of which there may be several. */
  readonly versions: ReadonlyMap<string, string>;
  /** Paths of the files that no package owns. */
  readonly unowned: readonly string[];
}

export interface PackageChange {
  readonly name: string;
  readonly change: 'added' | 'gone' | 'updated';
  /** Undefined on a side that does not have it. */
  readonly old: string | undefined;
  readonly new: string | undefined;
}

export interface PackageChanges {
  readonly packages: readonly PackageChange[];
  /** Files without a package that only one side has. */
  readonly unowned: { readonly come: readonly string[]; readonly gone: readonly string[] };
}

/** By name, in order. */
export function comparePackages(old: SidePackages, fresh: SidePackages): PackageChanges {
  const names = [...new Set([...old.versions.keys(), ...fresh.versions.keys()])].sort();
  const packages = names.flatMap((name): readonly PackageChange[] => {
    const [before, after] = [old.versions.get(name), fresh.versions.get(name)];
    if (before === after) return [];
    const change = before === undefined ? 'added' : after === undefined ? 'gone' : 'updated';
    return [{ name, change, old: before, new: after }];
  });
  const only = (one: SidePackages, other: SidePackages) =>
    one.unowned.filter((path) => !other.unowned.includes(path)).sort();
  return { packages, unowned: { come: only(fresh, old), gone: only(old, fresh) } };
}

/** Names and versions of packages as a side has them; of several with one name all versions. */
export function versionsOf(
  packages: readonly { readonly name: string; readonly version: string }[],
): SidePackages['versions'] {
  const versions = new Map<string, string>();
  for (const { name, version } of packages)
    versions.set(name, versions.has(name) ? `${versions.get(name)}, ${version}` : version);
  return versions;
}
