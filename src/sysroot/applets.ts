/** busybox and its applets, read from its file: nothing of the sysroot is run. */

/** Where busybox is in a sysroot. */
export const busyboxPath = '/usr/bin/busybox';

/** A run of short names with a NUL behind each: busybox has its applets so, in one piece. */
const names = /\0((?:[\w.[+-]{1,20}\0){20,})/g;

/** The names that it has; undefined where they cannot be found in it. */
export function appletsOf(busybox: Buffer): ReadonlySet<string> | undefined {
  const runs = [...busybox.toString('latin1').matchAll(names)].map((match) => (match[1] ?? '').split('\0'));
  const applets = runs.find((run) => run.includes('sh') && run.includes('mount'));
  // [ is the first, before the name that begins the run.
  return applets && new Set(['[', ...applets.filter(Boolean)]);
}
