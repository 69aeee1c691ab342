/** [Devices]: how stage 1 finds devices, and which hardware must be driven. */
import { is, isSet } from '../only-with.ts';
import { setting } from '../setting.ts';
import { deviceIdentifiers } from '../value-types/devices.ts';
import { hardware } from '../value-types/names.ts';
import { timeSpan } from '../value-types/times.ts';
import { choice } from '../value-types/value-type.ts';

export const devices = {
  Timeout: setting({
    type: timeSpan,
    default: '90s',
    help: 'How long to wait for the partition of /usr, or of the image, before the emergency action. 0: look once.',
    since: '0.1.0',
  }),
  LongestTimeout: setting({
    type: timeSpan,
    default: '15min',
    onlyWith: [
      is('FullInitrd.Host', 'usr'),
      is('KernelCommandLine.Override', 'yes'),
      isSet('KernelCommandLine.Timeout'),
    ],
    help: 'The longest time that the kernel command line may ask for in the place of Timeout.',
    since: '0.2.0',
  }),
  Require: setting({
    type: hardware,
    default: [],
    listsDrivers: true,
    help: 'Hardware that the machine has: a modalias as /sys tells it, such as `pci:v00001AF4d00001001sv00001AF4sd00000002bc01sc00i00`, or the name of a driver. `check --sysroot` and `build` fail where nothing in the minimal initrd, nor the kernel itself, drives it.',
    since: '0.1.0',
  }),
  FindBy: setting({
    type: choice(...deviceIdentifiers),
    default: ['PARTLABEL', 'path'],
    onlyWith: [is('FullInitrd.Host', 'usr'), is('KernelCommandLine.Override', 'yes')],
    help: 'How a device may be named on the kernel command line, besides the kinds that the settings use. LABEL, UUID and PARTUUID put blkid into the minimal initrd; of PARTUUID newer kernels tell themselves.',
    since: '0.1.0',
  }),
};
