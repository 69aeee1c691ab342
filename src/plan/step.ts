/** A step of stage 1: what its file in steps/ says of it. */
import type { PlatformSettings, SettingName } from '../config/settings.ts';
import type { PlatformConfig } from '../config/validate.ts';
import type { Needs, ProgramNeed } from './need.ts';
import { nothing } from './needs.ts';
import type { ReasonName } from './reasons.ts';

/** What a step provides and later steps use. */
export type Fact =
  | 'kernel file systems'
  | 'kernel log'
  | 'command line values'
  | 'disk drivers'
  | 'drivers of new devices'
  | 'live usr'
  | 'data partition'
  | 'hash partition'
  | 'usr file system'
  | 'usr device'
  | 'mounted usr'
  | 'mounts as the kernel has them'
  | 'image partition'
  | 'image device'
  | 'verified image'
  | 'full initrd root'
  | 'usr below full initrd'
  | 'paths inside the full initrd'
  | 'checked full initrd'
  | 'carried paths'
  | 'running full initrd';

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

/** Shell functions that several steps need: the names of templates/functions/*.hbs. */
export type FunctionName = 'find-device' | 'loop-of' | 'read-mount';

/** What a step says of the boot of one platform. */
export interface StepPlan<View extends object = object> {
  /** For a newcomer: what happens, and why. */
  readonly explanation: readonly string[];
  /** Its programs are those that the step's text starts, and those that systemd starts for it. */
  readonly needs: Needs;
  readonly uses: readonly Fact[];
  readonly provides: readonly Fact[];
  /** Those provided that one sees on a machine, devices and mounts: what each is there; an empty text where its name says all. */
  readonly places: Readonly<Partial<Record<Fact, string>>>;
  /** The settings' values that this step brings, for itself and for later steps. */
  readonly variables: readonly Variable[];
  /** Names of the values that the step's text needs: variables, or what earlier steps write. */
  readonly reads: readonly string[];
  /** Names of the values that the step's text sets for later steps. One that it may leave as it is, it reads too. */
  readonly writes: readonly string[];
  /** A value that makes the step needless: its text runs where that is empty. */
  readonly unless: string | undefined;
  /** Seconds that the step may wait for devices. */
  readonly waits: number;
  /** What can go wrong; each ends in the plan's emergency action. */
  readonly reasons: readonly ReasonName[];
  /** Functions in front of its text, that other steps have too: templates/functions has them, and the view what they print. */
  readonly functions: readonly FunctionName[];
  /** What the step's template prints. */
  readonly view: View;
  readonly systemd: SystemdRun;
}

/** How the systemd form of stage 1 runs a step. */
export type SystemdRun = ScriptRun | MountRun | Pid1Run;

interface Run {
  /** Programs that systemd and udev start for the step, besides those that its text starts. */
  readonly starts?: readonly ProgramNeed[];
}

/** Its shell text, in the script of a unit. */
export interface ScriptRun extends Run {
  readonly by: 'script';
  /** Units of systemd that must run before: the step begins a unit of its own. */
  readonly after?: readonly string[];
  /** The device that the step makes, and whose .device unit others wait for. */
  readonly device?: string;
  /** The last step: what systemd starts once all units of stage 1 are stopped. */
  readonly enters?: EnteredRoot;
}

/** A mount unit of its own, instead of the step's shell text. */
export interface MountRun extends Run {
  readonly by: 'mount unit';
  readonly mount: MountUnit;
}

/** systemd has done it before it starts any unit: the step has no text. */
export interface Pid1Run extends Run {
  readonly by: 'PID 1';
}

/** systemd.mount(5). */
export interface MountUnit {
  readonly what: string;
  readonly where: string;
  readonly type: string;
  readonly options: string;
  /** The settings that the options come from. */
  readonly origins: readonly Sourced<unknown>[];
  /** The device that it is bound to, where that has a .device unit. */
  readonly device: string | undefined;
  /** What a boot stops with where it cannot be mounted. */
  readonly failure: { readonly reason: ReasonName; readonly text: string };
}

/** The full initrd, as systemctl(1) switches to it. */
export interface EnteredRoot {
  readonly init: Sourced<string>;
  /** What the boot loader put into /.extra is not for the full initrd; systemd in stage 1 has imported it. */
  readonly dropsCredentials: boolean;
}

/** As a step's file writes it: what it leaves out is empty. */
export interface Said<View extends object> extends Partial<Omit<StepPlan<View>, 'needs'>> {
  readonly explanation: readonly string[];
  readonly needs?: Partial<Needs>;
  readonly view: View;
}

export interface StepDefinition<Name extends string = string, View extends object = object> {
  /** The same in the log, the timeline, `explain`, the reasons of boots that stop, and the name of its template. */
  readonly name: Name;
  /** What it does on any platform, as Markdown for docs/steps.md. */
  readonly summary: string;
  /** True where the boot of a platform has this step. */
  readonly when: (settings: PlatformSettings) => boolean;
  readonly plan: (config: PlatformConfig) => StepPlan<View>;
}

/** Defines the step `name`: `when` a boot has it, always by default, and what it says of a platform's boot. */
export function defineStep<const Name extends string, View extends object>(definition: {
  readonly name: Name;
  readonly summary: string;
  readonly when?: (settings: PlatformSettings) => boolean;
  readonly plan: (config: PlatformConfig) => Said<View>;
}): StepDefinition<Name, View> {
  return {
    name: definition.name,
    summary: definition.summary,
    when: definition.when ?? (() => true),
    plan: (config) => completeStep(definition.plan(config), config.settings.Initrd.Init === 'systemd'),
  };
}

function completeStep<View extends object>(said: Said<View>, systemd: boolean): StepPlan<View> {
  const run = said.systemd ?? { by: 'script' };
  const needs = { ...nothing, ...said.needs };
  const started = systemd ? (run.starts ?? []) : [];
  return {
    uses: [],
    provides: [],
    places: {},
    variables: [],
    writes: [],
    waits: 0,
    reasons: [],
    functions: [],
    unless: undefined,
    ...said,
    reads: [...new Set([...(said.unless === undefined ? [] : [said.unless]), ...(said.reads ?? [])])],
    needs: { ...needs, programs: [...needs.programs, ...started] },
    systemd: run,
  };
}
