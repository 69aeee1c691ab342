import type { PlatformSettings } from '../../config/settings.ts';
import { defineStep, type Said } from '../step.ts';

export interface PanicTimeoutView {
  /** Seconds. */
  readonly timeout: number;
}

/** True where a panic must not be the end: another slot is to be tried. */
function setsPanicTimeout({ Emergency }: PlatformSettings): boolean {
  return Emergency.Action === 'reboot' && Emergency.PanicTimeout > 0;
}

/** Documentation/admin-guide/sysctl/kernel.rst, "panic". */
export const setPanicTimeout = defineStep({
  name: 'set-panic-timeout',
  summary:
    'with `Emergency.Action=reboot`: the kernel restarts after a panic, in `Emergency.PanicTimeout`, where its own time is 0',
  when: setsPanicTimeout,
  plan(config): Said<PanicTimeoutView> {
    const { PanicTimeout } = config.settings.Emergency;
    return {
      explanation: [
        `Lets the machine restart ${PanicTimeout} s after a kernel panic, in stage 1 and later, where the kernel command line does not say when: a panic that stands still for ever would keep the boot loader from the other slot.`,
      ],
      uses: ['kernel file systems', 'kernel log'],
      view: { timeout: PanicTimeout },
    };
  },
});
