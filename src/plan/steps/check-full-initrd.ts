import { usesUsr } from '../../config/image-host.ts';
import { applets } from '../needs.ts';
import { onlyIf } from '../only-if.ts';
import { variable } from '../source.ts';
import { defineStep, type Said } from '../step.ts';

export interface CheckFullInitrdView {
  /** e_machine of its programs, as od prints two bytes of elf(5) as a number. */
  readonly machine: string;
}

/** EM_X86_64 and EM_AARCH64 of elf(5), in hexadecimal. */
const machines = { 'x86-64': '003e', arm64: '00b7' } as const;

export const checkFullInitrd = defineStep({
  name: 'check-full-initrd',
  summary:
    'what is started next must be there: the init, behind links, and its interpreter or loader; an initrd-release',
  plan(config): Said<CheckFullInitrdView> {
    const { FullInitrd, Platform } = config.settings;
    return {
      explanation: [
        `Looks once more before there is no way back: ${FullInitrd.Init} of the full initrd, followed through its links inside it, must be a program that the kernel can start, with its interpreter or loader; and there must be an initrd-release, by which systemd knows that it is in an initrd.`,
      ],
      needs: { programs: applets('dd', 'od', 'readlink') },
      uses: [
        'kernel file systems',
        'full initrd root',
        ...onlyIf(usesUsr(config.settings), 'usr below full initrd'),
      ],
      provides: ['paths inside the full initrd', 'checked full initrd'],
      variables: [variable(config, 'full_init', 'FullInitrd.Init', FullInitrd.Init)],
      reads: ['full_init'],
      reasons: ['init-missing', 'release-missing'],
      view: { machine: machines[Platform.Architecture] },
    };
  },
});
