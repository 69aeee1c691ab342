/** What a check is: one question about a platform and what goes with it, and the data that it needs. */
import type { PlatformConfig } from '../config/validate.ts';
import type { Finding } from '../findings.ts';
import type { InitrdFiles } from '../initrd/files.ts';
import type { BootPlan } from '../plan/boot-plan.ts';
import type { Kernel } from '../sysroot/kernel.ts';

/** All that checks may look at. The platform is always there; of the rest each command has its part. */
export interface CheckData {
  readonly config: PlatformConfig;
  readonly plan: BootPlan;
  /** A built system as it is named, there or not. */
  readonly system: { readonly sysroot: string; readonly version: string };
  /** Its directory, where that has a /usr. */
  readonly sysroot: string;
  /** Its kernel of that version, where there are modules of it. */
  readonly kernel: Kernel;
  /** Bytes of the minimal initrd, built. */
  readonly minimalSize: number;
  /** Bytes that the kernel needs to unpack it. */
  readonly unpackingMemory: number;
  /** The file of a packed full initrd that somebody else made. */
  readonly image: string;
  /** Bytes of the packed full initrd, whoever made it. */
  readonly imageSize: number;
  /** Bytes of the unified kernel image. */
  readonly ukiSize: number;
  /** The kernel command line in it: that of its longest profile, with the words of an addon. */
  readonly ukiCommandLine: string;
  /** A full initrd as dracut makes it, its name, and the version of the kernel that boots it where that is known. */
  readonly fullInitrd: {
    readonly name: string;
    readonly contents: InitrdFiles;
    readonly kernel: string | undefined;
  };
  /** Another initrd, whose devices this boot must drive too, and its name. */
  readonly like: { readonly name: string; readonly contents: InitrdFiles };
}

type Datum = Exclude<keyof CheckData, 'config' | 'plan'>;

/** The platform, and these of the data. */
export type Known<D extends Datum = never> = Pick<CheckData, 'config' | 'plan' | D>;

/** The platform, and what a command has besides. */
export type Given = Known & { readonly [D in Datum]?: CheckData[D] | undefined };

type Findings = readonly Finding[] | Promise<readonly Finding[]>;

export interface Check {
  /** Unique; of lower-case words. */
  readonly name: string;
  /** It runs where all of these are known. */
  readonly needs: readonly Datum[];
  /** It runs only where none of these is known; by default that does not matter. */
  readonly without?: readonly Datum[];
  /** Checks above it in the list: it tells nothing where one of them found an error, and does not run. By default there are none. */
  readonly after?: readonly Check[];
  readonly run: (data: CheckData) => Findings;
}

interface TypedCheck<D extends Datum> extends Omit<Check, 'needs' | 'run'> {
  readonly needs: readonly D[];
  readonly run: (data: Known<D>) => Findings;
}

/** A row of the list of checks: `run` gets what the row says that it needs, and no more. */
export function defineCheck<D extends Datum>(check: TypedCheck<D>): Check {
  return check;
}
