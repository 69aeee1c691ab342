/** The packages of the system that an image is made from, or why they are not known. */
import { ToolError } from '../errors.ts';
import { type Finding, finding } from '../findings.ts';
import { bootrelayVersion } from '../package.ts';
import { distributionOf } from '../sysroot/os-release.ts';
import type { Package } from '../sysroot/packages/package.ts';
import { type Packages, packageManagers, readPackages } from '../sysroot/packages/packages.ts';
import type { Distribution } from './bill.ts';

export interface SystemPackages {
  /** A directory of this machine; undefined where none is given. */
  readonly sysroot: string | undefined;
  readonly distribution: Distribution;
  /** Undefined where it has no database, or none is given. */
  readonly packages: Packages | undefined;
  readonly findings: readonly Finding[];
}

/** Reads the package database of a sysroot. One that is not there, or that cannot be read, is a finding: no boot depends on it. */
export function readSystemPackages(sysroot: string | undefined): SystemPackages {
  if (sysroot === undefined) return { sysroot, distribution: {}, packages: undefined, findings: [] };
  try {
    const packages = readPackages(sysroot);
    const names = packageManagers.map(({ name }) => name).join(', ');
    const findings = packages ? [] : [unknown(`it has no database of ${names}`)];
    return { sysroot, distribution: distributionOf(sysroot), packages, findings };
  } catch (error) {
    const ofSystem = error instanceof Error && 'syscall' in error;
    if (!ofSystem && !(error instanceof ToolError)) throw error;
    return { sysroot, distribution: {}, packages: undefined, findings: [unknown(error.message)] };
  }
}

function unknown(why: string): Finding {
  return finding('packages-unknown', `which packages the sysroot has is not known: ${why}`, {
    hint: 'the bill of materials says of no file of the system where it is from',
  });
}

/** What owns the files that bootrelay writes itself. */
export function ownPackage(): Package {
  return { type: 'generic', name: 'bootrelay', version: bootrelayVersion(), license: 'Apache-2.0' };
}
