import { dropped, mountedOptions, type OptionUse, optionsWithUse } from '../../config/mount-options.ts';
import type { PlatformSettings } from '../../config/settings.ts';
import { type UsrFileSystem, usrFileSystems } from '../../config/usr-file-systems.ts';
import { applets, asks } from '../needs.ts';
import { onlyIf } from '../only-if.ts';
import { defineStep, type Said } from '../step.ts';
import { systemctl } from '../systemd.ts';
import {
  alwaysOptions,
  isFoundAtBoot,
  platformOptions,
  usrMountDropIns,
  usrMountUnit,
} from '../usr-mount.ts';

interface FileSystemView {
  /** In the order in which they are looked for. */
  readonly fileSystems: readonly FileSystemData[];
  readonly names: string;
  readonly override: boolean;
  /** Options that the kernel command line may set for any of them, and for one, as `FILE-SYSTEM:OPTION`. */
  readonly allowedOptions: readonly string[];
  readonly ownOptions: readonly string[];
  /** Those that say nothing to the kernel, or that stage 1 adds itself to one. */
  readonly droppedOptions: readonly string[];
  readonly addedOptions: readonly string[];
  readonly adds: boolean;
  /** Where what was found reaches the mount unit of /usr; undefined where a script mounts it. */
  readonly dropIn:
    | {
        readonly unit: string;
        readonly directory: string;
        /** The file system and the options that the unit has. */
        readonly has: string;
      }
    | undefined;
}

interface FileSystemData {
  /** What its line begins with. */
  readonly branch: 'if' | 'elif';
  readonly name: string;
  /** Where the magic number is, how many bytes it has, and which. */
  readonly at: number;
  readonly count: number;
  readonly bytes: string;
  /** The options of the platform, and those that are there always. */
  readonly options: string;
  readonly always: string;
}

export const findFileSystem = defineStep({
  name: 'find-file-system',
  summary:
    'with several in Usr.FileSystem the first whose magic number is in a superblock on the device; the mount options are those that it knows',
  when: isFoundAtBoot,
  plan({ settings }): Said<FileSystemView> {
    const view = viewOf(settings);
    const { override, dropIn } = view;
    return {
      explanation: [
        `Looks at the superblock for which file system /usr has: the first of ${view.names}.`,
        ...onlyIf(dropIn, `Tells ${usrMountUnit} where that is not the first.`),
      ],
      needs: {
        programs: [
          ...asks('Usr.FileSystem', applets('od', ...onlyIf(dropIn, 'mkdir'))),
          ...onlyIf(dropIn, systemctl),
        ],
      },
      uses: ['kernel file systems', 'data partition', ...onlyIf(override, 'command line values')],
      provides: ['usr file system'],
      reads: ['usr_partition', ...onlyIf(override, 'given_file_system', 'given_options', 'options_by')],
      writes: ['usr_file_system', 'usr_options'],
      reasons: [
        'device-unreadable',
        'usr-file-system-missing',
        ...onlyIf(override, 'usr-options-refused'),
        ...onlyIf(dropIn, 'run-unwritable', 'usr-unmountable'),
      ],
      view,
    };
  },
});

function viewOf(settings: PlatformSettings): FileSystemView {
  const { Usr, Initrd, KernelCommandLine } = settings;
  const [first] = Usr.FileSystem;
  const dropIn = {
    unit: usrMountUnit,
    directory: usrMountDropIns,
    has: `${first} ${platformOptions(first, settings)}`,
  };
  const ownOf = (uses: readonly OptionUse[]) =>
    Usr.FileSystem.flatMap((name) => optionsWithUse(name, uses).map((option) => `${name}:${option}`));
  const addedOptions = ownOf(dropped);
  return {
    fileSystems: Usr.FileSystem.map((name) => ({
      branch: name === first ? 'if' : 'elif',
      ...dataOf(name, settings),
    })),
    names: Usr.FileSystem.join(', '),
    override: KernelCommandLine.Override,
    allowedOptions: optionsWithUse('any', ['command line']),
    ownOptions: ownOf(['command line']),
    droppedOptions: optionsWithUse('any', dropped),
    addedOptions,
    adds: addedOptions.length > 0,
    dropIn: Initrd.Init === 'systemd' ? dropIn : undefined,
  };
}

function dataOf(name: UsrFileSystem, settings: PlatformSettings): Omit<FileSystemData, 'branch'> {
  const { at, bytes } = usrFileSystems[name];
  return {
    name,
    at,
    count: bytes.length,
    bytes: bytes.join(' '),
    options: mountedOptions(name, settings.Usr.Options),
    always: alwaysOptions(name, settings),
  };
}
