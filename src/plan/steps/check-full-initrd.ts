import type { PlatformConfig } from '../../config/validate.ts';
import type { Step } from '../boot-plan.ts';
import { applets, nothing } from '../needs.ts';
import { variable } from '../values.ts';

export interface CheckFullInitrdData {
  /** e_machine of its programs, as od prints two bytes of elf(5) as a number. */
  readonly machine: string;
}

/** EM_X86_64 and EM_AARCH64 of elf(5), in hexadecimal. */
const machines = { 'x86-64': '003e', arm64: '00b7' } as const;

export function checkFullInitrd(config: PlatformConfig): Step<CheckFullInitrdData> {
  const { FullInitrd, Platform } = config.settings;
  return {
    name: 'check-full-initrd',
    explanation: [
      `Looks once more before there is no way back: ${FullInitrd.Init} of the full initrd, followed through its links inside it, must be a program that the kernel can start, with its interpreter or loader; and there must be an initrd-release, by which systemd knows that it is in an initrd.`,
    ],
    needs: { ...nothing, programs: applets('dd', 'od', 'readlink') },
    uses: ['full initrd root', 'usr below full initrd'],
    provides: ['paths inside the full initrd', 'checked full initrd'],
    variables: [variable(config, 'full_init', 'FullInitrd.Init', FullInitrd.Init)],
    takes: ['full_init'],
    leaves: [],
    waits: 0,
    failures: ['init-missing', 'release-missing'],
    data: { machine: machines[Platform.Architecture] },
  };
}
