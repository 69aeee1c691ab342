import type { PlatformConfig } from '../../config/validate.ts';
import type { Step } from '../boot-plan.ts';
import { applets, mountProgram, nothing } from '../needs.ts';
import { noValues } from '../values.ts';

export interface HandOverData {
  readonly moves: boolean;
  /** The first mount is detached by this step; in the systemd form its unit does that when stage 1 ends. */
  readonly detaches: boolean;
}

export function handOverUsr(config: PlatformConfig): Step<HandOverData> {
  const systemd = config.settings.Initrd.Init === 'systemd';
  // A moved mount is gone for its unit, which systemd would then try to unmount: there a bind mount takes its place.
  const moves = config.settings.Usr.HandOver === 'move' && !systemd;
  const detaches = !moves && !systemd;
  return {
    name: 'hand-over-usr',
    explanation: [
      moves
        ? 'Moves the mounted /usr into the full initrd, at /sysusr/usr.'
        : `Bind-mounts the mounted /usr into the full initrd, at /sysusr/usr; ${systemd ? 'when its unit stops at the end of stage 1, systemd detaches' : 'detaches'} the first mount, so that nothing stays pinned.`,
    ],
    needs: {
      ...nothing,
      programs: [...mountProgram(config.settings), ...applets('mkdir', ...(detaches ? ['umount'] : []))],
    },
    uses: ['mounted usr', 'full initrd root'],
    provides: ['usr below full initrd'],
    ...noValues,
    failures: ['the full initrd has no /sysusr/usr and cannot be written to', 'the mount fails'],
    data: { moves, detaches },
  };
}
