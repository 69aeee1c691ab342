/** The packages of a system: what each is, and which of them owns a file. */

/** The types of package URLs (purl) that bootrelay writes. */
export type PackageType = 'deb' | 'rpm' | 'apk' | 'ebuild' | 'generic' | 'npm';

export interface Package {
  readonly type: PackageType;
  readonly name: string;
  /** As its package manager writes it, with epoch and revision. */
  readonly version: string;
  readonly architecture?: string | undefined;
  /** The source package, where its name is another one. */
  readonly source?: string | undefined;
  /** As the package says it: an SPDX expression, or words. */
  readonly license?: string | undefined;
}

export interface OwnedFiles {
  readonly package: Package;
  /** Absolute paths, as the package has them. */
  readonly files: readonly string[];
}

/** A kind of package database. */
export interface PackageManager {
  readonly name: string;
  /** All packages in the database of a sysroot with their files; none where it has no such database. Throws ToolError. */
  readonly read: (sysroot: string) => readonly OwnedFiles[];
}
