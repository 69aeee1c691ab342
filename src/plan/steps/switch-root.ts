import { imageHost } from '../../config/image-host.ts';
import { liveUsr, mayGoWithoutVerity } from '../../config/live-usr.ts';
import { hashPartition } from '../../config/verity-device.ts';
import { applets } from '../needs.ts';
import { onlyIf } from '../only-if.ts';
import { sourced } from '../source.ts';
import { defineStep, type Said } from '../step.ts';
import { systemctl } from '../systemd.ts';
import { carriesOver } from './carry-over.ts';
import { hasImageHost } from './find-image-partition.ts';

export interface SwitchRootView {
  readonly verity: boolean;
  /** A boot may go without verity. */
  readonly optional: boolean;
  /** /usr may be a file of the initramfs. */
  readonly live: boolean;
  readonly separateHash: boolean;
  readonly verityName: string;
  /** It is on a partition, and no /usr is there. */
  readonly host: boolean;
  /** The full initrd is in an image that is a file. */
  readonly image: boolean;
}

/** Where systemd-stub puts credentials: systemd-stub(7). */
const extraDirectory = '/.extra';

export const switchRoot = defineStep({
  name: 'switch-root',
  summary: 'writes the hand-over file, moves /dev, /proc, /sys, /run, starts the full initrd',
  plan(config): Said<SwitchRootView> {
    const { Initrd, Verity, FullInitrd } = config.settings;
    const verity = Verity.Verity === 'required';
    const systemd = Initrd.Init === 'systemd';
    const host = hasImageHost(config.settings);
    const file = host ? imageHost(config.settings)?.files !== undefined : FullInitrd.Source !== 'usr';
    const optional = mayGoWithoutVerity(config.settings);
    const live = liveUsr(config.settings) !== undefined;
    const dropsCredentials = !FullInitrd.CarryOver.some(
      ({ source, target }) => source === extraDirectory && target === extraDirectory,
    );
    return {
      explanation: [
        'Writes what happened to /run/bootrelay/handover, for the full initrd and the system.',
        systemd
          ? `Stops all units of stage 1; then systemd deletes the minimal initrd from memory and starts ${FullInitrd.Init} of the full one.`
          : `Moves /dev, /proc, /sys and /run into the full initrd, deletes the minimal one from memory and starts ${FullInitrd.Init}.`,
      ],
      needs: {
        programs: [
          ...applets('mkdir', ...(systemd ? ['rm'] : ['mount', 'switch_root'])),
          ...applets(...onlyIf(systemd && dropsCredentials, 'umount')),
          ...onlyIf(systemd, systemctl),
        ],
      },
      uses: [
        'kernel file systems',
        'full initrd root',
        ...onlyIf(!host, 'usr below full initrd'),
        ...onlyIf(host, 'verified image'),
        'checked full initrd',
        ...onlyIf(carriesOver(config.settings), 'carried paths'),
        ...onlyIf(live, 'live usr'),
      ],
      provides: ['running full initrd'],
      reads: [
        host ? 'image_partition' : 'usr_partition',
        ...onlyIf(hashPartition(config.settings), 'hash_partition'),
        ...onlyIf(verity, 'root_hash'),
        ...onlyIf(live, 'live_image'),
        ...onlyIf(optional, 'unverified_usr'),
        ...onlyIf(file, 'image'),
        ...onlyIf(!systemd, 'full_init'),
      ],
      reasons: [...onlyIf(systemd, 'release-missing'), 'run-unwritable', 'hand-over-failed'],
      view: {
        verity,
        optional,
        live,
        separateHash: hashPartition(config.settings) !== undefined,
        verityName: Verity.Name,
        host,
        image: file,
      },
      systemd: {
        by: 'script',
        enters: {
          init: sourced(config, 'FullInitrd.Init', FullInitrd.Init),
          dropsCredentials,
        },
      },
    };
  },
});
