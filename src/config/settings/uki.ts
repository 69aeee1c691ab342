/** [Uki]: the unified kernel image that the minimal initrd goes into. */
import { setting } from '../setting.ts';
import { commandLineWords } from '../value-types/names.ts';
import { size } from '../value-types/sizes.ts';
import { choice } from '../value-types/value-type.ts';

export const uki = {
  CommandLine: setting({
    type: commandLineWords,
    default: [],
    help: 'Words of the kernel command line in the UKI, such as `root=LABEL=ROOT console=ttyS0`; `bootrelay uki` adds those that name /usr and its root hash.',
    since: '0.2.0',
  }),
  Slots: setting({
    type: choice('uki', 'addon'),
    default: 'uki',
    help: 'What names the partitions of a slot and the root hash of its /usr: each slot has a UKI of its own, or all share one that says nothing of them, beside a signed addon for each slot.',
    since: '0.2.0',
  }),
  Recovery: setting({
    type: commandLineWords,
    default: [],
    help: 'More words of the kernel command line for a second profile of the UKI, called `recovery`, such as `systemd.unit=rescue.target`. Without any the UKI has no such profile.',
    since: '0.2.0',
  }),
  SizeBudget: setting({
    type: size,
    default: '0',
    help: 'Largest size of the UKI; a larger one is not written. 0: no limit.',
    since: '0.2.0',
  }),
};
