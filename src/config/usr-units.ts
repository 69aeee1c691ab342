/**
 * The system's own units where its /usr is the full initrd: which must not run there, and which must do less. Units that
 * leave themselves out by a condition (systemd 252 to 257: journal-flush, random-seed, pcrmachine, tpm2-setup,
 * tmpfiles-clean, hwdb-update, journal-catalog-update, firstboot) are not named here.
 */
import type { PlatformSettings } from './settings.ts';
import type { UnitSetting } from './value-types/units.ts';

interface Group {
  readonly units: readonly string[];
  readonly reason: string;
}

const masked: readonly Group[] = [
  {
    units: ['ldconfig.service', 'systemd-sysusers.service', 'systemd-update-done.service'],
    reason: 'would write what belongs into the system, into an /etc that lasts for seconds',
  },
  {
    units: ['systemd-machine-id-commit.service', 'systemd-update-utmp.service'],
    reason: 'would write to a disk that is not mounted yet',
  },
  {
    units: ['dracut-shutdown.service'],
    reason: 'is for the shutdown of the system: stopped here, it would unpack an initrd of dracut',
  },
  {
    units: ['proc-sys-fs-binfmt_misc.automount', 'proc-sys-fs-binfmt_misc.mount', 'systemd-binfmt.service'],
    reason: 'registers interpreters of foreign programs with the kernel, which the system does itself',
  },
  {
    units: [
      'dev-hugepages.mount',
      'dev-mqueue.mount',
      'sys-fs-fuse-connections.mount',
      'sys-kernel-config.mount',
      'sys-kernel-debug.mount',
      'sys-kernel-tracing.mount',
    ],
    reason: 'is a file system for programs of the system, which mounts it itself; some load a module for it',
  },
  {
    units: ['tmp.mount', 'run-lock.mount'],
    reason: 'is in memory already, and what is mounted below /run would go along into the system',
  },
  {
    units: [
      'dbus.socket',
      'sshd-unix-export.socket',
      'sshd-unix-local.socket',
      'sshd-vsock.socket',
      'systemd-coredump.socket',
      'systemd-creds.socket',
      'systemd-hostnamed.socket',
      'systemd-initctl.socket',
      'systemd-pcrlock.socket',
      'systemd-sysext.socket',
    ],
    reason: 'listens for programs of the system, none of which runs yet',
  },
  {
    units: ['systemd-backlight@.service', 'systemd-rfkill.socket', 'systemd-rfkill.service'],
    reason: 'restores and saves a state in /var, which is not mounted yet; udev starts it',
  },
  {
    units: ['bluetooth.target', 'printer.target', 'smartcard.target', 'sound.target'],
    reason: 'is where udev starts what the system has for such a device',
  },
];

interface Changed {
  readonly unit: string;
  readonly reason: string;
  readonly settings: readonly Omit<UnitSetting, 'unit'>[];
}

const tmpfiles = '/usr/bin/systemd-tmpfiles --create --remove --boot --exclude-prefix=/dev --prefix=/run';

const changed: readonly Changed[] = [
  {
    unit: 'systemd-tmpfiles-setup.service',
    reason: 'makes what belongs into /run only: all else would be made in memory, and again in the system',
    settings: [
      { section: 'Service', key: 'ExecStart', value: '' },
      { section: 'Service', key: 'ExecStart', value: tmpfiles },
    ],
  },
];

/** A unit that does not run in the full initrd, and why. */
export interface MaskedUnit {
  readonly unit: string;
  readonly reason: string;
}

/** Settings that are added to a unit in the full initrd, and why. */
export interface ChangedUnit extends MaskedUnit {
  readonly settings: readonly Omit<UnitSetting, 'unit'>[];
}

/** The units that are masked: ours but for Unmask=, then those of Mask=. `where` says where Mask= was set. */
export function maskedUnits({ FullInitrd }: PlatformSettings, where: string): readonly MaskedUnit[] {
  const own = masked.flatMap(({ units, reason }) => units.map((unit) => ({ unit, reason })));
  const more = FullInitrd.Mask.map((unit) => ({ unit, reason: `FullInitrd.Mask (${where})` }));
  const kept = own.filter(({ unit }) => !FullInitrd.Unmask.includes(unit) && !FullInitrd.Mask.includes(unit));
  return [...kept, ...more];
}

/** The units that get drop-ins: ours but for Unmask=, with those of DropIns= added. `where` says where that was set. */
export function changedUnits({ FullInitrd }: PlatformSettings, where: string): readonly ChangedUnit[] {
  const own = changed.filter(({ unit }) => !FullInitrd.Unmask.includes(unit));
  const units = new Map<string, ChangedUnit>(own.map((entry) => [entry.unit, entry]));
  for (const { unit, ...setting } of FullInitrd.DropIns) {
    const known = units.get(unit) ?? { unit, reason: `FullInitrd.DropIns (${where})`, settings: [] };
    units.set(unit, { ...known, settings: [...known.settings, setting] });
  }
  return [...units.values()];
}

/** Whether a unit is masked, by bootrelay or by Mask=. */
export function isMasked(unit: string, { Mask, Unmask }: PlatformSettings['FullInitrd']): boolean {
  const own = masked.some(({ units }) => units.includes(unit));
  return Mask.includes(unit) || (own && !Unmask.includes(unit));
}

/** Every unit that bootrelay masks or changes by itself. */
export const ownUnits: readonly string[] = [
  ...masked.flatMap(({ units }) => units),
  ...changed.map(({ unit }) => unit),
];

/** The init of a full initrd without systemd: it runs the check, and then the initrd's own. */
export const checkingInit = '/usr/lib/bootrelay/init';

/** Units of a full initrd that open a shell where its boot fails: systemd's own, and the one of dracut. */
export const emergencyUnits = ['emergency.service', 'rescue.service', 'dracut-emergency.service'] as const;

/** Whether what fails in the full initrd ends as what fails in stage 1 does. */
export function followsEmergency({ Emergency, FullInitrd }: PlatformSettings): boolean {
  return Emergency.FullInitrd === 'follow' && FullInitrd.Init !== checkingInit;
}
