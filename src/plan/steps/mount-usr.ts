import { mayGoWithoutVerity } from '../../config/live-usr.ts';
import { mountedOptions } from '../../config/mount-options.ts';
import { verityDevicePath } from '../../config/verity-device.ts';
import { asks, kernelOptionsOfFileSystem, modules, mountProgram, options, programs } from '../needs.ts';
import { onlyIf } from '../only-if.ts';
import { variable } from '../source.ts';
import { defineStep, type MountUnit, type Said, type Variable } from '../step.ts';
import { usrDeviceLink, usrMountPoint } from '../usr-mount.ts';

interface MountUsrView {
  readonly verity: boolean;
  /** A boot may go without verity, and then has another device. */
  readonly optional: boolean;
  readonly devicePath: string;
  readonly failure: string;
  readonly fileSystem: string;
  /** Some options are there whatever the kernel command line gives. */
  readonly fixed: boolean;
}

export const mountUsr = defineStep({
  name: 'mount-usr',
  summary: 'read-only at /sysusr/usr',
  plan(config): Said<MountUsrView> {
    const { settings } = config;
    const { Usr, KernelCommandLine, Initrd } = settings;
    const verity = settings.Verity.Verity === 'required';
    const fixed = mountedOptions(Usr.FileSystem, Usr.FixedOptions);
    const variables = [
      variable(config, 'usr_options', 'Usr.Options', mountedOptions(Usr.FileSystem, Usr.Options)),
      ...onlyIf(fixed, variable(config, 'usr_fixed_options', 'Usr.FixedOptions', fixed)),
    ];
    const optional = mayGoWithoutVerity(settings);
    const view = {
      verity,
      optional,
      devicePath: verityDevicePath(settings),
      failure: `cannot mount ${verity ? verityDevicePath(settings) : 'the partition'} as ${Usr.FileSystem}`,
      fileSystem: Usr.FileSystem,
      fixed: fixed !== '',
    };
    return {
      explanation: [
        `Mounts ${verity ? 'the verity device' : 'the partition'} read-only at ${usrMountPoint}, as ${Usr.FileSystem}.`,
      ],
      needs: {
        modules: asks('Usr.FileSystem', modules(Usr.FileSystem)),
        kernelOptions: asks('Usr.FileSystem', options(...kernelOptionsOfFileSystem[Usr.FileSystem])),
        programs: onlyIf(Initrd.Init === 'shell', ...mountProgram(settings)),
        directories: [usrMountPoint],
      },
      uses: [
        ...onlyIf(verity, 'kernel file systems'),
        'usr device',
        ...onlyIf(optional, 'live usr'),
        ...onlyIf(KernelCommandLine.Override, 'command line values'),
      ],
      provides: ['mounted usr'],
      places: { 'mounted usr': usrMountPoint },
      variables,
      reads: [
        ...variables.map((value) => value.variable),
        ...onlyIf(!verity, 'usr_partition'),
        ...onlyIf(optional, 'unverified_usr'),
      ],
      reasons: ['usr-unmountable'],
      view,
      systemd: {
        by: 'mount unit',
        mount: mountUnitOf(view, variables),
        // It unmounts it again where stage 1 ends.
        starts: asks('Initrd.Init', programs('/usr/bin/mount', '/usr/bin/umount')),
      },
    };
  },
});

function mountUnitOf(
  { verity, optional, devicePath, fileSystem, failure }: MountUsrView,
  origins: readonly Variable[],
): MountUnit {
  return {
    what: verity && !optional ? devicePath : usrDeviceLink,
    where: usrMountPoint,
    type: fileSystem,
    options: [...origins.map(({ value }) => value), 'ro'].filter(Boolean).join(','),
    origins,
    device: verity && !optional ? devicePath : undefined,
    failure: { reason: 'usr-unmountable', text: failure },
  };
}
