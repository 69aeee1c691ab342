import type { PlatformConfig } from '../../config/validate.ts';
import type { Sourced, Step } from '../boot-plan.ts';
import { applets, nothing, programs } from '../needs.ts';
import { sourced } from '../source.ts';
import { carriesOver } from './carry-over.ts';

export interface SwitchRootData {
  readonly verity: boolean;
  readonly separateHash: boolean;
  readonly verityName: string;
  /** The full initrd is in an image. */
  readonly image: boolean;
  readonly init: Sourced<string>;
  /** What the boot loader put into /.extra is not for the full initrd; systemd in stage 1 has imported it. */
  readonly dropsCredentials: boolean;
}

/** Where systemd-stub puts credentials: systemd-stub(7). */
const extraDirectory = '/.extra';

export function switchRoot(config: PlatformConfig): Step<SwitchRootData> {
  const { Initrd, Verity, FullInitrd } = config.settings;
  const verity = Verity.Verity === 'required';
  const systemd = Initrd.Init === 'systemd';
  const image = FullInitrd.Source !== 'usr';
  const carries = carriesOver(config.settings);
  return {
    name: 'switch-root',
    explanation: [
      'Writes what happened to /run/bootrelay/handover, for the full initrd and the system.',
      systemd
        ? `Stops all units of stage 1; then systemd deletes the minimal initrd from memory and starts ${FullInitrd.Init} of the full one.`
        : `Moves /dev, /proc, /sys and /run into the full initrd, deletes the minimal one from memory and starts ${FullInitrd.Init}.`,
    ],
    needs: {
      ...nothing,
      programs: [
        ...applets('mkdir', ...(systemd ? ['rm', 'umount'] : ['mount', 'switch_root'])),
        ...(systemd ? programs('/usr/bin/systemctl') : []),
      ],
    },
    uses: [
      'kernel file systems',
      'full initrd root',
      'usr below full initrd',
      'checked full initrd',
      ...(carries ? (['carried paths'] as const) : []),
    ],
    provides: ['running full initrd'],
    variables: [],
    takes: [
      'usr_partition',
      ...(verity && Verity.HashDevice ? ['hash_partition'] : []),
      ...(verity ? ['root_hash'] : []),
      ...(image ? ['image'] : []),
      ...(systemd ? [] : ['full_init']),
    ],
    leaves: [],
    waits: 0,
    failures: [
      ...(systemd ? (['release-missing'] as const) : []),
      'run-unwritable',
      ...(systemd ? [] : (['hand-over-failed'] as const)),
    ],
    data: {
      verity,
      separateHash: Verity.HashDevice !== undefined,
      verityName: Verity.Name,
      image,
      dropsCredentials: systemd && !FullInitrd.CarryOver.includes(extraDirectory),
      init: sourced(config, 'FullInitrd.Init', FullInitrd.Init),
    },
  };
}
