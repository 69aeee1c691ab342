/** What a step can need of the kernel, the sysroot and /usr, as data. */
import type { SettingName } from '../config/settings.ts';

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

/** A program by its path. */
export interface ProgramOfSysroot extends Asked {
  readonly program: string;
  /** The program that starts it in some releases only: it is needed where that, or a library of it, has its path in it. */
  readonly calledBy?: string;
  /** Features of it that nothing uses: libraries that it merely recommends for them stay out (UAPI Group's ELF Dlopen Metadata). */
  readonly without?: readonly string[];
  /** Options that it is given and that older releases do not have, as they are in the file of one that does. */
  readonly knows?: readonly string[];
}

/** A program of the sysroot by path, an applet of its busybox, or one of bootrelay's own in C that the build compiles. */
export type ProgramNeed = Asked &
  (ProgramOfSysroot | { readonly applet: string } | { readonly own: OwnProgram });

/** An option that must be y or m in the kernel's configuration, without CONFIG_. */
export interface KernelOptionNeed extends Asked {
  readonly option: string;
}

/** The names of programs/*.c. */
export type OwnProgram = 'dm-create';

/** A file of the sysroot that is taken as it is: the first of these paths that is there. */
export interface FileNeed extends Asked {
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
  /** Releases of the kernel that brought what the step uses. */
  readonly kernelVersions: readonly KernelVersionNeed[];
}

export interface KernelVersionNeed extends Asked {
  /** The oldest that will do, such as 6.5. */
  readonly version: string;
  /** The value of the setting, where only that asks for it. */
  readonly value?: string;
}
