import { mountedOptions } from '../../config/mount-options.ts';
import type { PlatformConfig } from '../../config/validate.ts';
import { verityDevicePath } from '../../config/verity-device.ts';
import type { Step } from '../boot-plan.ts';
import {
  asks,
  kernelOptionsOfFileSystem,
  modules,
  mountProgram,
  nothing,
  options,
  programs,
} from '../needs.ts';
import { variable } from '../values.ts';

export interface MountUsrData {
  readonly verity: boolean;
  readonly devicePath: string;
  readonly failure: string;
  readonly fileSystem: string;
  /** Some options are there whatever the kernel command line gives. */
  readonly fixed: boolean;
}

export function mountUsr(config: PlatformConfig): Step<MountUsrData> {
  const { Usr, Verity, KernelCommandLine } = config.settings;
  const fixed = mountedOptions(Usr.FileSystem, Usr.FixedOptions);
  const what = Verity.Verity === 'required' ? 'the verity device' : 'the partition';
  return {
    name: 'mount-usr',
    explanation: [`Mounts ${what} read-only at /sysusr/usr, as ${Usr.FileSystem}.`],
    needs: {
      ...nothing,
      modules: asks('Usr.FileSystem', modules(Usr.FileSystem)),
      kernelOptions: asks('Usr.FileSystem', options(...kernelOptionsOfFileSystem[Usr.FileSystem])),
      // systemd unmounts it again where stage 1 ends.
      programs: [
        ...mountProgram(config.settings),
        ...(config.settings.Initrd.Init === 'systemd'
          ? asks('Initrd.Init', programs('/usr/bin/umount'))
          : []),
      ],
      directories: ['/sysusr/usr'],
    },
    uses: ['usr device', ...(KernelCommandLine.Override ? (['command line values'] as const) : [])],
    provides: ['mounted usr'],
    variables: [
      variable(config, 'usr_options', 'Usr.Options', mountedOptions(Usr.FileSystem, Usr.Options)),
      ...(fixed ? [variable(config, 'usr_fixed_options', 'Usr.FixedOptions', fixed)] : []),
    ],
    takes: [
      'usr_options',
      ...(fixed ? ['usr_fixed_options'] : []),
      ...(Verity.Verity === 'required' ? [] : ['usr_partition']),
    ],
    leaves: [],
    waits: 0,
    failures: ['usr-unmountable'],
    data: {
      verity: Verity.Verity === 'required',
      devicePath: verityDevicePath(config.settings),
      failure: `cannot mount ${verityDevicePath(config.settings)} as ${Usr.FileSystem}`,
      fileSystem: Usr.FileSystem,
      fixed: fixed !== '',
    },
  };
}
