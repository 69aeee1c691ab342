/** Plans of many platforms in both forms: between them each branch of each step's template, and what steps share. */

import type { LoadedPlatform } from '../../src/config/load.ts';
import type { PlatformConfig } from '../../src/config/validate.ts';
import type { BootPlan } from '../../src/plan/boot-plan.ts';
import { planBoot } from '../../src/plan/plan.ts';
import { load } from '../config/platform-files.ts';
import { loadNamed, platformNames } from './platforms.ts';

const verities: readonly (readonly string[])[] = [
  ['Verity.Verity=no'],
  ['Verity.HashDevice=PARTLABEL=HASH', 'Usr.Device=UUID=0123'],
  [
    `Verity.RootHash=${'ab'.repeat(32)}`,
    'KernelCommandLine.Override=no',
    'Verity.OnCorruption=error',
    'Verity.OnError=error',
  ],
  [
    `Verity.RootHash=${'ab'.repeat(64)}`,
    'Verity.HashOffset=1G',
    'KernelCommandLine.Override=no',
    'Verity.OnCorruption=error',
  ],
  [
    'Verity.Tool=veritysetup',
    'Verity.RootHashSignature=/etc/usr.p7s',
    'Verity.RequireSignature=yes',
    'Verity.FecDevice=PARTLABEL=FEC',
    'Verity.FecOffset=8M',
  ],
  ['Verity.Tool=veritysetup', 'Verity.OnCorruption=error'],
  [
    'Verity.Tool=dmsetup',
    'Verity.DataDevice=/dev/vda2',
    'Usr.Device=/dev/mapper/usr',
    'Devices.FindBy=',
    'Devices.FindBy=path',
  ],
  [
    'Verity.Tool=dmsetup',
    'Verity.OnCorruption=error',
    'Verity.OnError=error',
    'KernelCommandLine.Override=no',
  ],
  [
    'Verity.Tool=systemd-veritysetup',
    'Verity.RootHashSignature=/etc/usr.p7s',
    'Verity.FecDevice=PARTLABEL=FEC',
  ],
  ['Verity.Tool=systemd-veritysetup', 'Verity.OnCorruption=error'],
  [
    'Verity.RootHashSignature=partition',
    'Verity.FecDevice=PARTLABEL=FEC',
    'KernelCommandLine.VerityOptions=options',
  ],
  ['Usr.LiveImage=/usr.squashfs', 'Usr.LiveVerity=optional', 'KernelCommandLine.UsrDevice=mount.usr usr'],
  ['Usr.LiveImage=/usr.squashfs', 'Verity.Verity=no', 'KernelCommandLine.Override=no', 'Usr.Device='],
  ['Usr.LiveImage=/usr.squashfs', 'Usr.LiveHash=/usr.verity', 'Verity.HashDevice=PARTLABEL=HASH'],
  [
    ...['Usr.LiveImage=/usr.squashfs', 'Usr.LiveHash=/usr.verity', 'Verity.HashDevice=PARTLABEL=HASH'],
    'Usr.LiveVerity=optional',
  ],
];

const fullInitrds: readonly (readonly string[])[] = [
  ['FullInitrd.CarryOver=/.extra', 'FullInitrd.CarryOver=/usr/share/oem:/oem', 'Emergency.Action=reboot'],
  ['FullInitrd.CarryOver=/etc/credstore', 'Emergency.Action=panic', 'Emergency.Delay=500ms'],
  [
    ...['FullInitrd.Writable=no', 'FullInitrd.CarryOver=', 'Emergency.Shell=always', 'Emergency.Debug=yes'],
    'Emergency.AfterShell=retry',
  ],
  ['FullInitrd.Source=thin', 'FullInitrd.Thin=overlay', 'Emergency.Action=poweroff'],
  ['FullInitrd.Source=thin', 'FullInitrd.Thin=overlay', 'FullInitrd.Writable=no', 'FullInitrd.CarryOver='],
  [
    ...[
      'FullInitrd.Source=thin',
      'FullInitrd.Thin=links',
      'Emergency.Action=halt',
      'Emergency.Shell=password',
    ],
    'Emergency.PasswordCredential=passwd.hashed-password.root',
  ],
  [
    ...['FullInitrd.Source=usr', 'Modules.Load=coldplug', 'Modules.ModuleDirectories=drivers/ata'],
    ...['Emergency.Shell=always', 'Emergency.AfterShell=retry', 'Emergency.FullInitrd=own'],
  ],
];

/** Images on a partition. */
const hosts: readonly (readonly string[])[] = [
  [
    'FullInitrd.HostFileSystem=none',
    'FullInitrd.HostDevice=/dev/vda1',
    'Verity.Tool=dmsetup',
    'Verity.OnCorruption=error',
  ],
  [
    ...['FullInitrd.HostFileSystem=ext4', 'FullInitrd.HostDevice=PARTLABEL=BOOT', 'Verity.Tool=veritysetup'],
    ...['Verity.RootHashSignature=/etc/initrd.p7s', 'Verity.RequireSignature=yes', 'Verity.HashOffset=64M'],
  ],
  [
    ...['FullInitrd.HostFileSystem=xfs', 'FullInitrd.HostDevice=LABEL=boot', 'FullInitrd.HostCopy=yes'],
    ...[
      'Verity.RootHash=command-line',
      'KernelCommandLine.RootHash=hash',
      'KernelCommandLine.Repeated=refuse',
      'FullInitrd.Writable=no',
    ],
    ...['FullInitrd.CarryOver=', 'Emergency.Shell=always', 'Emergency.AfterShell=retry'],
  ],
];

/** Initrds without systemd. */
const unpacked: readonly (readonly string[])[] = [
  ['FullInitrd.Init=/usr/lib/bootrelay/init'],
  ['FullInitrd.Unpack=yes', 'FullInitrd.FileSystem=squashfs'],
];

const onPartitions = (['shell', 'systemd'] as const).flatMap((form) =>
  hosts.map((host) => [
    `Initrd.Init=${form}`,
    ...['Usr.Device=', 'Verity.Name=image', 'FullInitrd.Host=partition', 'Verity.RootHash=image'],
    ...host,
  ]),
);

const others: readonly (readonly string[])[] = [
  ['Usr.FileSystem=erofs', 'Usr.HandOver=bind'],
  ['Usr.FileSystem=btrfs', 'Usr.HandOver=move', 'Usr.FixedOptions=rescue=nologreplay'],
  ['Usr.FileSystem=squashfs', 'Modules.Load=coldplug', 'Modules.ModuleDirectories=drivers/ata'],
  ['Usr.FileSystem=ext4', 'Emergency.PanicTimeout=0'],
  ['Usr.FileSystem=xfs'],
  ['Usr.FileSystem=f2fs', 'Usr.Options=noatime'],
  ['Usr.FileSystem=erofs btrfs squashfs ext4 xfs f2fs', 'Usr.Options=subvol=a,noatime'],
  ['Usr.FileSystem=squashfs erofs'],
];

const forms = ['shell', 'systemd'] as const;

/** The settings of platforms that are made of one of each; those that do not go together are left out. */
const combined = forms.flatMap((form) =>
  verities.flatMap((verity, first) =>
    fullInitrds.map((full, second) => [
      `Initrd.Init=${form}`,
      ...verity,
      ...full,
      ...(others[(first + second) % others.length] ?? []),
    ]),
  ),
);

export interface NamedPlan {
  readonly name: string;
  readonly config: PlatformConfig;
  readonly plan: BootPlan;
}

function planOf(name: string, { config }: LoadedPlatform): readonly NamedPlan[] {
  return config ? [{ name, config, plan: planBoot(config, []) }] : [];
}

const smallest = { 'p/test.ini': '[Usr]\nDevice=PARTLABEL=USR-A\n' };

export const manyPlans: readonly NamedPlan[] = [
  ...platformNames.flatMap((name) => planOf(name, loadNamed(name))),
  ...[...combined, ...onPartitions, ...unpacked].flatMap((settings) =>
    planOf(settings.join(' '), load(smallest, undefined, settings)),
  ),
];
