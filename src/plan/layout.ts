/** What the minimal initrd has at fixed places, whatever its steps are. Paths begin with /. */
import { type BootPlan, needsOfPlan } from './boot-plan.ts';

/** Where a system says which it is: os-release(5), the first that is there. */
export const osReleasePaths: readonly string[] = ['/usr/lib/os-release', '/etc/os-release'];

/** By this file systemd knows that it is in an initrd. It is the system's os-release. */
export const initrdReleasePath = '/etc/initrd-release';

/** A merged /usr, whatever the sysroot has: scripts and loaders are found under both names. */
const mergedUsr = ['bin', 'sbin', 'lib', 'lib64'].map((name) => [`/${name}`, `usr/${name}`] as const);

/**
 * rd.rescue, rd.emergency and rd.systemd.unit= are meant for the full initrd: stage 1 does with them what it always does.
 */
const systemdTargets = ['rescue', 'emergency'].map(
  (name) => [`/usr/lib/systemd/system/${name}.target`, 'initrd.target'] as const,
);

/** Symbolic links by path, and what they say. */
export function layoutLinks({ form }: BootPlan): ReadonlyMap<string, string> {
  if (form !== 'systemd') return new Map(mergedUsr);
  return new Map([...mergedUsr, ['/etc/os-release', 'initrd-release'], ...systemdTargets]);
}

/** Paths at which nothing else can be, besides those of rendered files. */
export function layoutPaths(plan: BootPlan): readonly string[] {
  const nodes = needsOfPlan(plan).deviceNodes.map(({ path }) => path);
  return [...layoutLinks(plan).keys(), ...(plan.form === 'systemd' ? [initrdReleasePath] : []), ...nodes];
}
