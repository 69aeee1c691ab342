import type { PlatformSettings } from '../../config/settings.ts';
import type { PlatformConfig } from '../../config/validate.ts';
import type { Step } from '../boot-plan.ts';
import { nothing } from '../needs.ts';
import { noValues } from '../values.ts';

export interface PanicTimeoutData {
  /** Seconds. */
  readonly timeout: number;
}

/** True where a panic must not be the end: another slot is to be tried. */
export function setsPanicTimeout({ Emergency }: PlatformSettings): boolean {
  return Emergency.Action === 'reboot' && Emergency.PanicTimeout > 0;
}

/** Documentation/admin-guide/sysctl/kernel.rst, "panic". */
export function setPanicTimeout(config: PlatformConfig): Step<PanicTimeoutData> {
  const { PanicTimeout } = config.settings.Emergency;
  return {
    name: 'set-panic-timeout',
    explanation: [
      `Lets the machine restart ${PanicTimeout} s after a kernel panic, in stage 1 and later, where the kernel command line does not say when: a panic that stands still for ever would keep the boot loader from the other slot.`,
    ],
    needs: nothing,
    uses: ['kernel file systems'],
    provides: [],
    ...noValues,
    failures: [],
    data: { timeout: PanicTimeout },
  };
}
