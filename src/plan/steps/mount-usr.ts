import { usesUsr } from '../../config/image-host.ts';
import { mayGoWithoutVerity } from '../../config/live-usr.ts';
import { fixedOptions, mountedOptions } from '../../config/mount-options.ts';
import type { PlatformConfig } from '../../config/validate.ts';
import { verityDevicePath } from '../../config/verity-device.ts';
import { asks, kernelOptionsOfFileSystem, modules, mountProgram, options, programs } from '../needs.ts';
import { onlyIf } from '../only-if.ts';
import { sourced, variable } from '../source.ts';
import { defineStep, type MountUnit, type Said, type Sourced, type Variable } from '../step.ts';
import { isFoundAtBoot, platformOptions, usrDeviceLink, usrMountPoint } from '../usr-mount.ts';

interface MountUsrView {
  readonly verity: boolean;
  /** A boot may go without verity, and then has another device. */
  readonly optional: boolean;
  readonly devicePath: string;
  /** What is said where that fails: all of it, and up to the file system. */
  readonly failure: string;
  readonly cannot: string;
  readonly fileSystem: string;
  /** An earlier step has found which of several file systems it is, and its options. */
  readonly found: boolean;
  /** Some options are there whatever the kernel command line gives. */
  readonly fixed: boolean;
}

export const mountUsr = defineStep({
  name: 'mount-usr',
  summary: 'read-only at /sysusr/usr',
  when: usesUsr,
  plan(config): Said<MountUsrView> {
    const { settings } = config;
    const { Usr, KernelCommandLine, Initrd } = settings;
    const verity = settings.Verity.Verity === 'required';
    const found = isFoundAtBoot(settings);
    const variables = found ? [] : optionsOf(config);
    const cannot = `cannot mount ${verity ? verityDevicePath(settings) : 'the partition'} as`;
    const names = Usr.FileSystem.join(' or ');
    const optional = mayGoWithoutVerity(settings);
    const view = {
      verity,
      optional,
      devicePath: verityDevicePath(settings),
      failure: `${cannot} ${names}`,
      cannot,
      fileSystem: Usr.FileSystem[0],
      found,
      fixed: variables.length > 1,
    };
    return {
      explanation: [
        `Mounts ${verity ? 'the verity device' : 'the partition'} read-only at ${usrMountPoint}, as ${names}.`,
      ],
      needs: {
        modules: asks('Usr.FileSystem', modules(...Usr.FileSystem)),
        kernelOptions: asks(
          'Usr.FileSystem',
          options(...Usr.FileSystem.flatMap((name) => kernelOptionsOfFileSystem[name])),
        ),
        programs: onlyIf(Initrd.Init === 'shell', ...mountProgram(settings)),
        directories: [usrMountPoint],
      },
      uses: [
        ...onlyIf(verity, 'kernel file systems'),
        'usr device',
        ...onlyIf(found, 'usr file system'),
        ...onlyIf(optional, 'live usr'),
        ...onlyIf(!found && KernelCommandLine.Override, 'command line values'),
      ],
      provides: ['mounted usr'],
      places: { 'mounted usr': usrMountPoint },
      variables,
      reads: [
        ...onlyIf(found, 'usr_file_system', 'usr_options'),
        ...variables.map((value) => value.variable),
        ...onlyIf(!verity, 'usr_partition'),
        ...onlyIf(optional, 'unverified_usr'),
      ],
      reasons: ['usr-unmountable'],
      view,
      systemd: {
        by: 'mount unit',
        mount: mountUnitOf(
          view,
          platformOptions(Usr.FileSystem[0], settings),
          found ? originsOfFound(config) : variables,
        ),
        // It unmounts it again where stage 1 ends.
        starts: asks('Initrd.Init', programs('/usr/bin/mount', '/usr/bin/umount')),
      },
    };
  },
});

/** The options of the one file system, and those that it is mounted with whatever the kernel command line gives. */
function optionsOf(config: PlatformConfig): readonly Variable[] {
  const { Usr } = config.settings;
  const [fileSystem] = Usr.FileSystem;
  const fixed = fixedOptions(fileSystem, Usr);
  const setting = Usr.FixedOptions === undefined ? 'Usr.FileSystem' : 'Usr.FixedOptions';
  return [
    variable(config, 'usr_options', 'Usr.Options', mountedOptions(fileSystem, Usr.Options)),
    ...onlyIf(fixed, variable(config, 'usr_fixed_options', setting, fixed)),
  ];
}

/** What the mount unit has where a drop-in tells it of another file system than the first. */
function originsOfFound(config: PlatformConfig): readonly Sourced<unknown>[] {
  const settings = ['Usr.FileSystem', 'Usr.Options', 'Usr.FixedOptions'] as const;
  return settings.map((setting) => sourced(config, setting, undefined));
}

function mountUnitOf(
  { verity, optional, devicePath, fileSystem, failure }: MountUsrView,
  options: string,
  origins: readonly Sourced<unknown>[],
): MountUnit {
  return {
    what: verity && !optional ? devicePath : usrDeviceLink,
    where: usrMountPoint,
    type: fileSystem,
    options,
    origins,
    device: verity && !optional ? devicePath : undefined,
    failure: { reason: 'usr-unmountable', text: failure },
  };
}
