import type { PlatformSettings } from '../../config/settings.ts';
import type { PlatformConfig } from '../../config/validate.ts';
import type { Step } from '../boot-plan.ts';
import { applets, nothing } from '../needs.ts';
import { noValues } from '../values.ts';

export interface CarryOverData {
  readonly paths: readonly string[];
}

/** True where anything is copied: a read-only full initrd cannot take it. */
export function carriesOver({ FullInitrd }: PlatformSettings): boolean {
  return (FullInitrd.Writable || FullInitrd.Source === 'usr') && FullInitrd.CarryOver.length > 0;
}

export function carryOver(config: PlatformConfig): Step<CarryOverData> {
  const paths = config.settings.FullInitrd.CarryOver;
  return {
    name: 'carry-over',
    explanation: [
      `Copies ${paths.join(', ')} of the initramfs into the full initrd, where they exist: the boot loader may have put credentials and extensions there.`,
    ],
    needs: { ...nothing, programs: applets('cp', 'mkdir') },
    uses: ['full initrd root', 'paths inside the full initrd'],
    provides: ['carried paths'],
    ...noValues,
    failures: ['carry-over-failed'],
    data: { paths },
  };
}
