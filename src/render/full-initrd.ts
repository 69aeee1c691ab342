/** What the full initrd needs to reuse and check /usr, or to check its own image: units, a check, and the dracut module that installs them. */

import { unpacksImage } from '../config/image-format.ts';
import { usesUsr } from '../config/image-host.ts';
import { liveUsr, mayGoWithoutVerity } from '../config/live-usr.ts';
import { mountedRoot, mountedRoots } from '../config/mount-options.ts';
import type { PlatformSettings } from '../config/settings.ts';
import { checkingInit, emergencyUnits, followsEmergency } from '../config/usr-units.ts';
import type { PlatformConfig } from '../config/validate.ts';
import { verityDevicePath } from '../config/verity-device.ts';
import type { BootPlan } from '../plan/boot-plan.ts';
import type { OwnProgram } from '../plan/need.ts';
import { onlyIf } from '../plan/only-if.ts';
import { isFoundAtBoot } from '../plan/usr-mount.ts';
import { emergencyData } from './emergency.ts';
import { unsafeVariables } from './environment.ts';
import { renderTemplate } from './templates.ts';
import type { RenderedFile, RenderedLink, RenderedTree } from './tree.ts';

/** systemd's name for the emergency action: systemd.unit(5), FailureAction=. The check itself panics. */
const failureActions = {
  reboot: 'reboot-force',
  poweroff: 'poweroff-force',
  halt: 'halt-force',
  panic: 'reboot-immediate',
} as const;

/** Seconds that the check may take, besides the time for which its reason is shown. */
const checkTimeout = 90;

/** Where bootrelay's files are in the full initrd: what dracut makes can have them in /usr, what is the system's /usr cannot. */
const ownDirectories = { dracut: '/usr/lib/bootrelay', skeleton: '/etc/bootrelay' } as const;

/** What the full initrd checks before anything else: that /usr, or the image itself, is what stage 1 verified. */
export const checkNames = ['check-usr', 'check-image'] as const;

type CheckName = (typeof checkNames)[number];

/** The check that the full initrd of a platform has. */
export function checkNameOf(settings: PlatformSettings): CheckName {
  return usesUsr(settings) ? 'check-usr' : 'check-image';
}

/** Where a check is in what dracut and others make. */
export function checkPath(name: CheckName, place: keyof typeof ownDirectories = 'dracut'): string {
  return `${ownDirectories[place]}/${name}`;
}

/** Where bootrelay's own program is, which tells the verity device's table and status: `pack` adds it where dmsetup is not. */
export const ownProgramPath = '/usr/lib/bootrelay/dm-create';

/** The directories of PATH in the check and in the init that runs it; what is added comes into the first. */
const programDirectories = ['/usr/bin', '/usr/sbin', '/bin', '/sbin'];

/** The paths at which the check finds a program by its name. */
export function pathsOf(name: string): readonly string[] {
  return programDirectories.map((directory) => `${directory}/${name}`);
}

/** A program that the check or its units start. */
export interface CalledProgram {
  readonly name: string;
  /** Any of them will do. */
  readonly paths: readonly string[];
  /** bootrelay's own program at the first path, which is started instead of the other one where it is there. */
  readonly own?: OwnProgram;
}

interface EmergencyFiles {
  readonly path: string;
  readonly script: RenderedFile;
  /** For each unit that would open a shell. */
  readonly dropIn: RenderedFile;
}

interface FullInitrdFiles {
  /** The check, and where it is. */
  readonly check: RenderedFile;
  readonly checkPath: string;
  /** What ends the boot where systemd comes to its emergency mode; undefined where the full initrd does as it likes. */
  readonly emergency: EmergencyFiles | undefined;
  /** Units by name. */
  readonly units: ReadonlyMap<string, RenderedFile>;
  /** Those to be enabled. */
  readonly enabled: readonly string[];
  /** udev's rules by name. */
  readonly rules: ReadonlyMap<string, RenderedFile>;
  /** What the check and what runs it start. */
  readonly called: readonly CalledProgram[];
  /** The dracut module's script. */
  readonly moduleSetup: RenderedFile;
}

/** The units of bootrelay's in a full initrd: the check, what it stands in front of, and which of them are enabled. */
function unitsFor({ settings }: PlatformConfig): { enabled: readonly string[]; all: readonly string[] } {
  const check = `bootrelay-${checkNameOf(settings)}.service`;
  if (!usesUsr(settings)) return { enabled: [check], all: [check] };
  const verity = settings.Verity.Verity === 'required';
  // Without verity the source is only known at boot; systemd takes the mount that is there as its unit.
  const knownSource = verity && !mayGoWithoutVerity(settings);
  const enabled = [check, ...onlyIf(knownSource, 'sysusr-usr.mount'), 'sysroot-usr.mount'];
  return { enabled, all: [...enabled, ...onlyIf(verity, 'systemd-veritysetup@usr.service')] };
}

/** What the templates of the check and of its units print. */
function dataFor(config: PlatformConfig, plan: BootPlan, place: keyof typeof ownDirectories) {
  const { settings } = config;
  const { Verity, Usr, FullInitrd } = settings;
  const host = !usesUsr(settings);
  const checkName = checkNameOf(settings);
  const verity = Verity.Verity === 'required';
  const optional = mayGoWithoutVerity(settings);
  const unverified = !verity || optional;
  const live = liveUsr(settings)?.image;
  const units = unitsFor(config);
  return {
    platform: plan.platform,
    files: plan.files,
    host,
    checkName,
    checkPath: checkPath(checkName, place),
    notAsVerified: host ? 'image-not-as-verified' : 'usr-not-as-verified',
    unpacks: unpacksImage(settings),
    overlay: FullInitrd.Writable,
    verity,
    optional,
    knownSource: verity && !optional,
    /** What a hand-over names as the file that is /usr, where nothing verifies it. */
    live: unverified ? live : undefined,
    onlyLive: `${live} `,
    /** As sysfs-block-loop tells offset, limit and file: its name is gone. */
    wholeLiveImage: `0 0 ${live} (deleted)`,
    unverified,
    origins: plan.origins,
    verityName: Verity.Name,
    devicePath: verityDevicePath(settings),
    fileSystem: Usr.FileSystem[0],
    found: isFoundAtBoot(settings),
    root: mountedRoot(Usr.FileSystem[0], settings),
    roots: mountedRoots(settings),
    unsafeVariables,
    timeout: checkTimeout + Math.ceil(plan.emergency.delay.value),
    units: units.all,
    enabledUnits: units.enabled,
    rules: verity && !host,
    programs: calledPrograms(config).map(({ name }) => name),
    ownProgramPath,
    emergency: emergencyData(plan),
    failureAction: failureActions[plan.emergency.action.value],
    follows: followsEmergency(settings),
    emergencyPath: `${ownDirectories[place]}/emergency`,
    emergencyUnits,
    // There is nothing in the full initrd that would know the password.
    opensShell: plan.emergency.shell.value === 'always',
    fromUsr: FullInitrd.Source === 'usr',
    namesImage: FullInitrd.Source !== 'usr' && !unpacksImage(settings),
  };
}

const rule = '12-bootrelay.rules';

/** What any full initrd needs; `place` is whose it is. */
export function renderFullInitrdFiles(
  config: PlatformConfig,
  plan: BootPlan,
  place: keyof typeof ownDirectories = 'dracut',
): FullInitrdFiles {
  const data = dataFor(config, plan, place);
  const file = (template: string, mode: RenderedFile['mode'] = 0o644): RenderedFile => ({
    text: renderTemplate(template, data),
    mode,
  });
  const table = data.verity && !(data.host && data.unpacks);
  const parts = ['check-head', data.checkName, ...onlyIf(table, 'check-table'), `${data.checkName}-end`];
  return {
    check: {
      text: parts.map((part) => renderTemplate(`templates/full/${part}`, data)).join(''),
      mode: 0o755,
    },
    checkPath: data.checkPath,
    emergency: data.follows
      ? {
          path: data.emergencyPath,
          script: file('templates/full/emergency', 0o755),
          dropIn: file('units/full/emergency.conf'),
        }
      : undefined,
    units: new Map(data.units.map((unit) => [unit, file(`units/full/${unit}`)] as const)),
    enabled: data.enabledUnits,
    called: calledPrograms(config),
    rules: new Map(data.rules ? [[rule, file(`templates/full/${rule}`)]] : []),
    moduleSetup: file('templates/full/module-setup.sh', 0o755),
  };
}

/** Units name what they start by its path; a shell looks along PATH. */
function calledPrograms({ settings }: PlatformConfig): readonly CalledProgram[] {
  const ofUnits = settings.FullInitrd.Init !== checkingInit;
  const alongPath = (name: string): CalledProgram => ({ name, paths: pathsOf(name) });
  const byUnit = (name: string) => (ofUnits ? { name, paths: [`/usr/bin/${name}`] } : alongPath(name));
  const dmsetup = alongPath('dmsetup');
  const ofVerity: readonly CalledProgram[] = [
    ...(ofUnits ? [byUnit('true')] : []),
    alongPath('tr'),
    { ...dmsetup, paths: [ownProgramPath, ...dmsetup.paths], own: 'dm-create' },
  ];
  const table = settings.Verity.Verity === 'required' && (usesUsr(settings) || !unpacksImage(settings));
  return [byUnit('env'), alongPath('sleep'), ...onlyIf(table, ...ofVerity)];
}

const unitDirectory = 'etc/systemd/system';

/** The check, its units, enabled as systemctl would, and rules, by their path in the full initrd. */
export function renderInstalledCheck(
  config: PlatformConfig,
  plan: BootPlan,
  place: keyof typeof ownDirectories = 'dracut',
): RenderedTree {
  const files = renderFullInitrdFiles(config, plan, place);
  const { emergency, units, enabled, rules } = files;
  return new Map<string, RenderedFile | RenderedLink>([
    [files.checkPath.slice(1), files.check],
    ...(emergency ? installedEmergency(emergency) : []),
    ...[...rules].map(([name, rule]) => [`etc/udev/rules.d/${name}`, rule] as const),
    ...[...units].map(([name, unit]) => [`${unitDirectory}/${name}`, unit] as const),
    ...enabled.flatMap((name) =>
      requiredBy(units.get(name)?.text ?? '').map(
        (target) => [`${unitDirectory}/${target}.requires/${name}`, { target: `../${name}` }] as const,
      ),
    ),
  ]);
}

function installedEmergency({ path, script, dropIn }: EmergencyFiles) {
  return [
    [path.slice(1), script] as const,
    ...emergencyUnits.map((name) => [`${unitDirectory}/${name}.d/bootrelay.conf`, dropIn] as const),
  ];
}

/** [Install] of a unit: systemd.unit(5), RequiredBy=. */
function requiredBy(text: string): readonly string[] {
  return (/^RequiredBy=(.*)$/m.exec(text)?.[1] ?? '').split(' ').filter(Boolean);
}

/** The same for a full initrd without systemd, whose init is `checkingInit` then. */
export function renderCheckingInit(config: PlatformConfig, plan: BootPlan): RenderedTree {
  const { check, checkPath: path } = renderFullInitrdFiles(config, plan);
  const data = {
    platform: plan.platform,
    files: plan.files,
    host: !usesUsr(config.settings),
    checkPath: path,
    emergency: emergencyData(plan),
    request: sysrqRequests[plan.emergency.action.value],
    unsafeVariables,
  };
  return new Map([
    [path.slice(1), check],
    [checkingInit.slice(1), { text: renderTemplate('templates/full/init', data), mode: 0o755 }],
  ]);
}

/** What the kernel does at a letter (Documentation/admin-guide/sysrq.rst); it has none for a halt. */
const sysrqRequests = { reboot: 'b', poweroff: 'o', halt: 'o', panic: 'c' } as const;

/** The dracut module's files by name. */
export function renderDracutModule(
  config: PlatformConfig,
  plan: BootPlan,
): ReadonlyMap<string, RenderedFile> {
  const files = renderFullInitrdFiles(config, plan);
  return new Map([
    ['module-setup.sh', files.moduleSetup],
    [checkNameOf(config.settings), files.check],
    ...(files.emergency
      ? ([
          ['emergency', files.emergency.script],
          ['emergency.conf', files.emergency.dropIn],
        ] as const)
      : []),
    ...files.units,
    ...files.rules,
  ]);
}
