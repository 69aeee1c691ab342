import type { PlatformConfig } from '../../config/validate.ts';
import type { Step } from '../boot-plan.ts';
import { applets, mountProgram, nothing } from '../needs.ts';
import { noValues } from '../values.ts';

export interface HandOverData {
  readonly move: boolean;
}

export function handOverUsr(config: PlatformConfig): Step<HandOverData> {
  const systemd = config.settings.Initrd.Init === 'systemd';
  const move = config.settings.Usr.HandOver === 'move';
  return {
    name: 'hand-over-usr',
    explanation: [
      move
        ? 'Moves the mounted /usr into the full initrd, at /sysusr/usr.'
        : 'Bind-mounts the mounted /usr into the full initrd, at /sysusr/usr, and detaches the first mount, so that nothing stays pinned.',
    ],
    needs: {
      ...nothing,
      programs: [
        ...mountProgram(config.settings),
        ...applets('mkdir', ...(move || systemd ? [] : ['umount'])),
      ],
    },
    uses: ['mounted usr', 'full initrd root'],
    provides: ['usr below full initrd'],
    ...noValues,
    failures: ['the full initrd has no /sysusr/usr and cannot be written to', 'the mount fails'],
    data: { move },
  };
}
