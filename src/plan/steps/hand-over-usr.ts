import type { PlatformConfig } from '../../config/validate.ts';
import type { Step } from '../boot-plan.ts';
import { applets, mountProgram, nothing, programs } from '../needs.ts';
import { noValues } from '../values.ts';

export interface HandOverData {
  readonly moves: boolean;
}

export function handOverUsr(config: PlatformConfig): Step<HandOverData> {
  const systemd = config.settings.Initrd.Init === 'systemd';
  const moves = config.settings.Usr.HandOver === 'move';
  const detaches = systemd ? 'when its unit stops at the end of stage 1, systemd detaches' : 'detaches';
  return {
    name: 'hand-over-usr',
    explanation: [
      moves
        ? 'Moves the mounted /usr into the full initrd, at /sysusr/usr.'
        : `Bind-mounts the mounted /usr into the full initrd, at /sysusr/usr; ${detaches} the first mount, so that nothing stays pinned.`,
    ],
    needs: {
      ...nothing,
      programs: [
        ...mountProgram(config.settings),
        ...applets('mkdir', ...(moves || systemd ? [] : ['umount']), ...(moves && systemd ? ['sleep'] : [])),
        ...(moves && systemd ? programs('/usr/bin/systemctl') : []),
      ],
    },
    uses: ['mounted usr', 'full initrd root'],
    provides: ['usr below full initrd'],
    ...noValues,
    failures: ['hand-over-failed'],
    data: { moves },
  };
}
