/** busybox and its applets, read from its file: nothing of the sysroot is run. */
import { readFileSync, statSync } from 'node:fs';
import { isStatic } from './linking.ts';
import { fileInSysroot } from './paths.ts';

/** Where busybox is in the minimal initrd, and in most systems. */
export const busyboxPath = '/usr/bin/busybox';

/** Where else systems have it, and what they call a static one. */
const directories = [
  '/usr/bin',
  '/usr/sbin',
  '/bin',
  '/sbin',
  '/usr/local/bin',
  '/usr/local/sbin',
  '/usr/lib/initcpio',
];
const fileNames = ['busybox', 'busybox.static', 'busybox-static'];

/** The path of the sysroot's busybox, of a static one that can be started if it has several; undefined where it has none. */
export function findBusybox(sysroot: string): string | undefined {
  const files = directories
    .flatMap((directory) => fileNames.map((name) => `${directory}/${name}`))
    .flatMap((path) => {
      const file = fileInSysroot(sysroot, path);
      return file === undefined ? [] : [{ path, file }];
    });
  const startable = files.filter(({ file }) => isProgram(file));
  const fixed = startable.find(({ file }) => isStatic(readFileSync(file)));
  return (fixed ?? startable[0] ?? files[0])?.path;
}

function isProgram(file: string): boolean {
  const stat = statSync(file);
  return stat.isFile() && (stat.mode & 0o111) !== 0;
}

/** A run of short names with a NUL behind each: busybox has its applets so, in one piece. */
const names = /\0((?:[\w.[+-]{1,20}\0){20,})/g;

/** The names that it has; undefined where they cannot be found in it. */
export function appletsOf(busybox: Buffer): ReadonlySet<string> | undefined {
  const runs = [...busybox.toString('latin1').matchAll(names)].map((match) => (match[1] ?? '').split('\0'));
  const applets = runs.find((run) => run.includes('sh') && run.includes('mount'));
  // [ is the first, before the name that begins the run.
  return applets && new Set(['[', ...applets.filter(Boolean)]);
}
