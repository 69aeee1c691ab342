import { usesUsr } from '../../config/image-host.ts';
import { applets, mountProgram } from '../needs.ts';
import { onlyIf } from '../only-if.ts';
import { defineStep, type Said } from '../step.ts';
import { systemctl } from '../systemd.ts';
import { usrMountUnit } from '../usr-mount.ts';

export interface HandOverUsrView {
  readonly moves: boolean;
  /** The unit that would unmount /usr when stage 1 ends. */
  readonly mountUnit: string;
}

export const handOverUsr = defineStep({
  name: 'hand-over-usr',
  summary: '/usr to /sysusr/usr of the full initrd, by bind mount or move',
  when: usesUsr,
  plan(config): Said<HandOverUsrView> {
    const systemd = config.settings.Initrd.Init === 'systemd';
    const moves = config.settings.Usr.HandOver === 'move';
    const detaches = systemd ? 'when its unit stops at the end of stage 1, systemd detaches' : 'detaches';
    return {
      explanation: [
        moves
          ? 'Moves the mounted /usr into the full initrd, at /sysusr/usr.'
          : `Bind-mounts the mounted /usr into the full initrd, at /sysusr/usr; ${detaches} the first mount, so that nothing stays pinned.`,
      ],
      needs: {
        programs: [
          ...mountProgram(config.settings),
          ...applets('mkdir', ...onlyIf(!moves && !systemd, 'umount'), ...onlyIf(moves && systemd, 'sleep')),
          ...onlyIf(moves && systemd, systemctl),
        ],
      },
      uses: ['mounted usr', 'full initrd root'],
      provides: ['usr below full initrd'],
      places: { 'usr below full initrd': '' },
      reasons: ['hand-over-failed'],
      view: { moves, mountUnit: usrMountUnit },
    };
  },
});
