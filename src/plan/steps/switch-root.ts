import { applets, programs } from '../needs.ts';
import { sourced } from '../source.ts';
import { defineStep, type Said } from '../step.ts';
import { carriesOver } from './carry-over.ts';

export interface SwitchRootView {
  readonly verity: boolean;
  readonly separateHash: boolean;
  readonly verityName: string;
  /** The full initrd is in an image. */
  readonly image: boolean;
}

/** Where systemd-stub puts credentials: systemd-stub(7). */
const extraDirectory = '/.extra';

export const switchRoot = defineStep({
  name: 'switch-root',
  plan(config): Said<SwitchRootView> {
    const { Initrd, Verity, FullInitrd } = config.settings;
    const verity = Verity.Verity === 'required';
    const systemd = Initrd.Init === 'systemd';
    const image = FullInitrd.Source !== 'usr';
    const carries = carriesOver(config.settings);
    return {
      explanation: [
        'Writes what happened to /run/bootrelay/handover, for the full initrd and the system.',
        systemd
          ? `Stops all units of stage 1; then systemd deletes the minimal initrd from memory and starts ${FullInitrd.Init} of the full one.`
          : `Moves /dev, /proc, /sys and /run into the full initrd, deletes the minimal one from memory and starts ${FullInitrd.Init}.`,
      ],
      needs: {
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
      reads: [
        'usr_partition',
        ...(verity && Verity.HashDevice ? ['hash_partition'] : []),
        ...(verity ? ['root_hash'] : []),
        ...(image ? ['image'] : []),
        ...(systemd ? [] : ['full_init']),
      ],
      reasons: [
        ...(systemd ? (['release-missing'] as const) : []),
        'run-unwritable',
        ...(systemd ? [] : (['hand-over-failed'] as const)),
      ],
      view: {
        verity,
        separateHash: Verity.HashDevice !== undefined,
        verityName: Verity.Name,
        image,
      },
      systemd: {
        by: 'script',
        enters: {
          init: sourced(config, 'FullInitrd.Init', FullInitrd.Init),
          dropsCredentials: !FullInitrd.CarryOver.includes(extraDirectory),
        },
      },
    };
  },
});
