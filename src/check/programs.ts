/** Are the programs of a plan in the sysroot, and does its busybox have their applets? */
import { readFileSync, statSync } from 'node:fs';
import { placeOf } from '../config/place.ts';
import type { SettingName } from '../config/settings.ts';
import type { PlatformConfig } from '../config/validate.ts';
import { type Finding, finding } from '../findings.ts';
import { type BootPlan, needsOfPlan } from '../plan/boot-plan.ts';
import type { ProgramOfSysroot } from '../plan/need.ts';
import { appletsOf, busyboxPath } from '../sysroot/applets.ts';
import { namesPath } from '../sysroot/called-programs.ts';
import { isElf } from '../sysroot/elf.ts';
import { headOf } from '../sysroot/extra-programs.ts';
import { findProgram } from '../sysroot/initrd-programs.ts';
import { isStatic } from '../sysroot/linking.ts';
import { fileInSysroot } from '../sysroot/paths.ts';
import { interpreterOf } from '../sysroot/scripts.ts';
import { defineCheck, type Known } from './check.ts';

export const programChecks = [
  defineCheck({ name: 'programs', needs: ['sysroot'], run: checkPrograms }),
  defineCheck({ name: 'busybox-static', needs: ['sysroot'], run: checkStatic }),
  defineCheck({ name: 'applets', needs: ['sysroot'], run: checkApplets }),
];

/** Programs that the sysroot lacks, or that cannot be started. */
function checkPrograms({ config, plan, sysroot }: Known<'sysroot'>): readonly Finding[] {
  const wanted = new Map<string, SettingName | undefined>();
  for (const need of needsOfPlan(plan).programs) {
    if ('program' in need && isCalled(sysroot, need))
      wanted.set(need.program, wanted.get(need.program) ?? need.because);
    if ('applet' in need) wanted.set(busyboxPath, undefined);
  }
  const old = needsOfPlan(plan).programs.flatMap((need) =>
    'program' in need ? tooOld(need, config, sysroot) : [],
  );
  const missing = [...wanted].flatMap(([path, because]) => {
    const problem = problemOf(fileOf(sysroot, path), plan.architecture);
    if (problem === undefined) return [];
    const details = { ...placeOf(config, because), ...programHint(path) };
    return [finding('program-missing', `the sysroot must have ${path}${problem}`, details)];
  });
  return [...missing, ...old];
}

/** Options that a program does not have, though it will be given them. */
function tooOld(need: ProgramOfSysroot, config: PlatformConfig, sysroot: string): readonly Finding[] {
  const file = fileOf(sysroot, need.program);
  if (file === undefined || need.knows === undefined || !statSync(file).isFile()) return [];
  const content = readFileSync(file);
  const unknown = need.knows.filter((option) => !content.includes(option));
  if (unknown.length === 0) return [];
  const message = `${need.program} of the sysroot must know ${unknown.join(', ')}: it would ignore what it is given`;
  const details = { ...placeOf(config, need.because), hint: newer[need.program] };
  return [finding('program-too-old', message, details)];
}

/** What does without an option that a program is too old for. */
const newer: Readonly<Record<string, string>> = {
  '/usr/lib/systemd/systemd-veritysetup':
    'systemd 254 or newer has it; with an older one set Verity.Tool=veritysetup',
};

/** Whether this release of what calls it does so. */
function isCalled(sysroot: string, need: ProgramOfSysroot): boolean {
  return need.calledBy === undefined || namesPath(sysroot, need.calledBy, need.program);
}

/** The file of a program that the minimal initrd has at a path. */
function fileOf(sysroot: string, path: string): string | undefined {
  const place = findProgram(sysroot, path);
  return place === undefined ? undefined : fileInSysroot(sysroot, place);
}

/** elf(5): e_machine. */
const machines = { 'x86-64': 62, arm64: 183 } as const;

/** What is wrong with a program's file, as the end of a sentence; undefined for nothing. */
function problemOf(file: string | undefined, architecture: BootPlan['architecture']): string | undefined {
  if (file === undefined) return '';
  const stat = statSync(file);
  if (!stat.isFile() || (stat.mode & 0o111) === 0) return ' as a program that can be started';
  const head = headOf(file);
  if (!isElf(head)) return interpreterOf(head).length > 0 ? undefined : ' as a program or a script';
  return head.readUInt16LE(0x12) === machines[architecture] ? undefined : ` as a program for ${architecture}`;
}

const packages: Readonly<Record<string, string>> = {
  [busyboxPath]: 'busybox-static',
  '/usr/sbin/dmsetup': 'dmsetup',
  '/usr/sbin/veritysetup': 'cryptsetup-bin',
  '/usr/sbin/blkid': 'util-linux',
  '/usr/bin/mount': 'mount',
  '/usr/bin/systemctl': 'systemd',
  '/usr/lib/systemd/systemd-udevd': 'udev',
  '/usr/lib/systemd/systemd': 'systemd',
  '/usr/lib/systemd/systemd-executor': 'systemd (255 or newer)',
  '/usr/lib/systemd/systemd-journald': 'systemd',
  '/usr/lib/systemd/systemd-veritysetup': 'systemd-cryptsetup or systemd',
};

/** Which package has a program, where that is known. */
export function programHint(path: string): { readonly hint?: string } {
  const name = packages[path];
  return name === undefined ? {} : { hint: `Debian's package ${name} has it` };
}

/** The kernel starts busybox with words of its command line as environment, which a dynamic loader heeds before anything else. */
function checkStatic({ config, plan, sysroot }: Known<'sysroot'>): readonly Finding[] {
  const file = fileOf(sysroot, busyboxPath);
  if (file === undefined || problemOf(file, plan.architecture) !== undefined) return [];
  const content = readFileSync(file);
  if (!isElf(content) || isStatic(content)) return [];
  const message = `${findProgram(sysroot, busyboxPath)} must be linked statically: LD_PRELOAD= on the kernel command line would run code in it`;
  return [finding('busybox-dynamic', message, { ...placeOf(config), ...programHint(busyboxPath) })];
}

/** Applets that a busybox lacks. */
function checkApplets({ config, plan, sysroot }: Known<'sysroot'>): readonly Finding[] {
  const path = findProgram(sysroot, busyboxPath);
  const file = fileOf(sysroot, busyboxPath);
  if (file === undefined || problemOf(file, plan.architecture) !== undefined) return [];
  const present = appletsOf(readFileSync(file));
  if (!present) {
    const message = `the applets of ${path} cannot be read from it: whether it has those of the boot is not checked`;
    return [finding('check-incomplete', message, placeOf(config))];
  }
  return needsOfPlan(plan).programs.flatMap((need) => {
    if (!('applet' in need) || present.has(need.applet)) return [];
    const step = plan.steps.find(({ needs }) =>
      needs.programs.some((other) => 'applet' in other && other.applet === need.applet),
    );
    const message = `${path} must have the applet ${need.applet}, which ${step?.name} needs`;
    const details = { ...placeOf(config, need.because), ...programHint(busyboxPath) };
    return [finding('applet-missing', message, details)];
  });
}
