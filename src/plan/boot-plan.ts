/** The boot plan: the ordered steps of stage 1 as plain data, before any text is rendered. */
import type { SettingName } from '../config/settings.ts';
import type { ReasonName } from './reasons.ts';

/** What a step provides and later steps use. */
export type Fact =
  | 'kernel file systems'
  | 'kernel log'
  | 'command line values'
  | 'disk drivers'
  | 'drivers of new devices'
  | 'data partition'
  | 'hash partition'
  | 'usr device'
  | 'mounted usr'
  | 'mounts as the kernel has them'
  | 'full initrd root'
  | 'usr below full initrd'
  | 'paths inside the full initrd'
  | 'checked full initrd'
  | 'carried paths'
  | 'running full initrd';

/** What a setting asks for: where it cannot be had, that setting is the one to change. */
interface Asked {
  readonly because?: SettingName;
}

/** A kernel module by name. An optional one may be absent or fail to load: the boot goes on, slower or without it. */
export interface ModuleNeed extends Asked {
  readonly name: string;
  readonly optional: boolean;
  /** Parameters as insmod takes them, such as `size=64`; they count only where the module is not built in. */
  readonly parameters?: readonly string[];
}

/** A program of the sysroot by path, an applet of its busybox, or one of bootrelay's own in C that the build compiles. */
export type ProgramNeed = Asked &
  ({ readonly program: string } | { readonly applet: string } | { readonly own: OwnProgram });

/** An option that must be y or m in the kernel's configuration, without CONFIG_. */
export interface KernelOptionNeed extends Asked {
  readonly option: string;
}

/** The names of programs/*.c. */
export type OwnProgram = 'dm-create';

/** A file of the sysroot that is taken as it is: the first of these paths that is there. */
export interface FileNeed {
  readonly anyOf: readonly string[];
  /** Where it comes from, for the finding where none is there. */
  readonly hint: string;
}

/** A device node that the minimal initrd must bring, before devtmpfs is there. */
export interface DeviceNode {
  readonly path: string;
  readonly major: number;
  readonly minor: number;
  readonly mode: number;
}

export interface Needs {
  readonly modules: readonly ModuleNeed[];
  /** Directories of the kernel's module tree whose drivers come along, to be loaded for the devices that are there. */
  readonly moduleDirectories: readonly string[];
  readonly kernelOptions: readonly KernelOptionNeed[];
  readonly programs: readonly ProgramNeed[];
  readonly files: readonly FileNeed[];
  readonly deviceNodes: readonly DeviceNode[];
  /** Directories that must exist in the minimal initrd: mount points. */
  readonly directories: readonly string[];
  /** Files that the system's own /usr must have, for a full initrd that is made of it. */
  readonly inUsr: readonly string[];
  /** Units of the sysroot's systemd that must run before, in the systemd form. */
  readonly units: readonly string[];
  /** Releases of the kernel that brought what the step uses. */
  readonly kernelVersions: readonly KernelVersionNeed[];
}

export interface KernelVersionNeed extends Asked {
  /** The oldest that will do, such as 6.5. */
  readonly version: string;
  /** The value of the setting, where only that asks for it. */
  readonly value?: string;
}

/** A setting's value on its way into the output: what it is, which setting, and where that was set. */
export interface Sourced<T> {
  readonly value: T;
  readonly setting: SettingName;
  /** `file:line`, relative to the platform file's directory; `--set`; or `default`. */
  readonly where: string;
}

/** A setting's value under its name in the rendered text. */
export interface Variable extends Sourced<string | number> {
  readonly variable: string;
}

/** One step. `data` is what its template prints. */
export interface Step<Data = unknown> {
  /** The same in the log, the timeline, `explain` and the reports of failures. */
  readonly name: string;
  /** For a newcomer: what happens, and why. */
  readonly explanation: readonly string[];
  readonly needs: Needs;
  readonly uses: readonly Fact[];
  readonly provides: readonly Fact[];
  /** The settings' values that this step brings, for itself and for later steps. */
  readonly variables: readonly Variable[];
  /** Names of the values that the step's text uses: variables, or what earlier steps leave. */
  readonly takes: readonly string[];
  /** Names of the values that the step sets for later ones. */
  readonly leaves: readonly string[];
  /** Seconds that the step may wait for devices. */
  readonly waits: number;
  /** What can go wrong; each ends in the plan's emergency action. */
  readonly failures: readonly ReasonName[];
  readonly data: Data;
}

export interface EmergencyPlan {
  readonly action: Sourced<'reboot' | 'poweroff' | 'halt' | 'panic'>;
  /** Seconds. */
  readonly delay: Sourced<number>;
  readonly shell: Sourced<'never' | 'password' | 'always'>;
  /** As crypt(5) makes it; only with a shell that asks for it. */
  readonly passwordHash: string | undefined;
  /** The kernel parameter that names the steps to stop before; undefined where there are no breakpoints. */
  readonly debug: Sourced<string> | undefined;
}

export interface BootPlan {
  readonly platform: string;
  /** The form of stage 1: a shell script as PID 1, or systemd. */
  readonly form: 'shell' | 'systemd';
  readonly description: string;
  readonly architecture: 'x86-64' | 'arm64';
  /** The files that the settings come from, relative to the platform file's directory. */
  readonly files: readonly string[];
  readonly steps: readonly Step[];
  readonly emergency: EmergencyPlan;
  /** `Section.Key (where it was set)` by section and key, for the comments of the rendered text. */
  readonly origins: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

/** A plan that is wrong in itself: a defect of bootrelay, not of the platform. */
export class PlanError extends Error {
  override readonly name = 'PlanError';
}

/**
 * Refuses a plan that cannot run: a step that uses what no earlier step provides, a name that appears twice,
 * or a last step that does not start the full initrd. Throws PlanError with all of it.
 */
export function checkPlan(plan: BootPlan): void {
  const provided = new Set<Fact>();
  const names = new Set<string>();
  const values = new Set(plan.steps.flatMap(({ variables }) => variables.map(({ variable }) => variable)));
  const problems: string[] = [];
  for (const { name, uses, provides, takes, leaves } of plan.steps) {
    if (names.has(name)) problems.push(`the step ${name} appears twice`);
    names.add(name);
    for (const fact of uses) {
      if (!provided.has(fact)) problems.push(`${name} uses "${fact}", which no earlier step provides`);
    }
    for (const value of takes) {
      if (!values.has(value))
        problems.push(`${name} takes ${value}, which no setting and no earlier step gives`);
    }
    for (const fact of provides) provided.add(fact);
    for (const value of leaves) values.add(value);
  }
  if (!plan.steps.at(-1)?.provides.includes('running full initrd')) {
    problems.push('the last step must start the full initrd');
  }
  if (problems.length > 0) throw new PlanError(`the boot plan of ${plan.platform}: ${problems.join('; ')}`);
}

/** A module's name as the kernel compares it: dashes and underscores are the same. */
export function canonicalModuleName(name: string): string {
  return name.replaceAll('-', '_');
}

/** What all steps of a plan need, each once, in the order of first need. A module is optional if no step requires it. */
export function needsOfPlan(plan: BootPlan): Needs {
  const all = plan.steps.map(({ needs }) => needs);
  const modules = new Map<string, ModuleNeed>();
  for (const { name, optional, parameters = [], because } of all.flatMap((needs) => needs.modules)) {
    const key = canonicalModuleName(name);
    const known = modules.get(key);
    const asked = known?.because ?? because;
    modules.set(key, {
      name: known?.name ?? name,
      optional: optional && (known?.optional ?? true),
      parameters: [...(known?.parameters ?? []), ...parameters],
      ...(asked !== undefined && { because: asked }),
    });
  }
  return {
    modules: [...modules.values()],
    kernelOptions: uniqueBy(
      all.flatMap(({ kernelOptions }) => kernelOptions),
      ({ option }) => option,
    ),
    programs: uniqueBy(
      all.flatMap(({ programs }) => programs),
      ({ because: _, ...need }) => JSON.stringify(need),
    ),
    files: uniqueBy(
      all.flatMap(({ files }) => files),
      JSON.stringify,
    ),
    moduleDirectories: [...new Set(all.flatMap(({ moduleDirectories }) => moduleDirectories))],
    directories: [...new Set(all.flatMap(({ directories }) => directories))],
    inUsr: [...new Set(all.flatMap(({ inUsr }) => inUsr))],
    units: [...new Set(all.flatMap(({ units }) => units))],
    kernelVersions: all.flatMap(({ kernelVersions }) => kernelVersions),
    deviceNodes: uniqueBy(
      all.flatMap(({ deviceNodes }) => deviceNodes),
      ({ path }) => path,
    ),
  };
}

function uniqueBy<T>(items: readonly T[], key: (item: T) => string): readonly T[] {
  // The first of each: Map keeps the last.
  return [...new Map(items.toReversed().map((item) => [key(item), item] as const)).values()].reverse();
}
