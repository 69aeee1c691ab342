/** Is there a built system where one is named, with the kernel that is asked for? */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { type Finding, finding } from '../findings.ts';
import { readKernel } from '../sysroot/kernel.ts';
import { fileInSysroot, isDirectory } from '../sysroot/paths.ts';
import { type CheckData, defineCheck, type Given, type Known } from './check.ts';

export const systemChecks = [defineCheck({ name: 'system', needs: ['system'], run: checkSystem })];

/** What there is of a built system, as data of the checks; `sysroot` is a directory on this machine. */
export function readSystem(sysroot: string, version: string): Pick<Given, 'system' | 'sysroot' | 'kernel'> {
  const system: CheckData['system'] = { sysroot, version };
  if (!isDirectory(join(sysroot, 'usr'))) return { system };
  return { system, sysroot, kernel: readKernel(sysroot, version) };
}

function checkSystem({ system: { sysroot, version } }: Known<'system'>): readonly Finding[] {
  const found = readSystem(sysroot, version);
  if (found.kernel) return [];
  if (found.sysroot !== undefined) return [kernelMissing(sysroot, version)];
  return [finding('kernel-missing', `${sysroot} must be a directory with the system's /usr`)];
}

function kernelMissing(sysroot: string, version: string): Finding {
  const directory = fileInSysroot(sysroot, '/usr/lib/modules');
  const present = directory ? readdirSync(directory) : [];
  const others = present.length > 0 ? `it has ${present.join(', ')}` : undefined;
  const hint = present.includes(version) ? 'run depmod: the modules are there without it' : others;
  return finding('kernel-missing', `the sysroot must have /usr/lib/modules/${version}/modules.dep`, { hint });
}
