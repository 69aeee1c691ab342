/** The boot plan: the ordered steps of stage 1 as plain data, before any text is rendered. */
import type { ModuleNeed, Needs } from './need.ts';
import type { ReasonName } from './reasons.ts';
import type { Origins } from './source.ts';
import type { Sourced, StepDefinition, StepPlan } from './step.ts';
import type { StepName } from './steps.ts';

/** A step of a plan. */
export interface Step<View extends object = object> extends StepPlan<View> {
  readonly name: StepName;
}

export interface EmergencyPlan {
  readonly action: Sourced<'reboot' | 'poweroff' | 'halt' | 'panic'>;
  /** Seconds. */
  readonly delay: Sourced<number>;
  readonly shell: Sourced<'never' | 'password' | 'always'>;
  readonly afterShell: Sourced<'action' | 'retry'>;
  /** What has to be undone so that the boot can begin again when the shell is left; undefined where the action follows. */
  readonly undo: UndoPlan | undefined;
  /** As crypt(5) makes it; only with a shell that asks for it. */
  readonly passwordHash: string | undefined;
  /** The credential that may have another hash; only with a shell that asks for it. */
  readonly passwordCredential: Sourced<string> | undefined;
  /** Whether the emergency mode of the full initrd does the same. */
  readonly fullInitrd: Sourced<'follow' | 'own'>;
  /** What any step can stop with, besides its own reasons. */
  readonly reasons: readonly ReasonName[];
  /** The kernel parameter that names the steps to stop before; undefined where there are no breakpoints. */
  readonly debug: Sourced<string> | undefined;
}

/** What a boot leaves besides mounts, which are undone whatever they are. */
export interface UndoPlan {
  /** The verity device by its name, by its path where systemd knows it, and the tool that takes it away, as a key that is true. */
  readonly verity:
    | {
        readonly name: string;
        readonly device: string | undefined;
        readonly tool: Readonly<Record<string, boolean>>;
      }
    | undefined;
  /** Where the file system is mounted that has the image as a file, which a loop device reads. */
  readonly host: '/host' | '/memory' | undefined;
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
  readonly origins: Origins;
}

/** The step of a plan that a definition made; undefined where the plan has none. */
export function stepOf<View extends object>(
  { steps }: BootPlan,
  { name }: StepDefinition<StepName, View>,
): Step<View> | undefined {
  return steps.find((step): step is Step<View> => step.name === name);
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
