/** [KernelCommandLine]: the names of parameters, and which count. Of several names for one thing the first that is given does. */
import { either, is, isSet, isUnset } from '../only-with.ts';
import { setting } from '../setting.ts';
import { parameterName, parameterNames } from '../value-types/names.ts';
import { boolean, choice } from '../value-types/value-type.ts';

const override = is('KernelCommandLine.Override', 'yes');
const verity = is('Verity.Verity', 'required');
/** Of a platform without /usr the kernel command line gives the root hash at most. */
const usrIsThere = is('FullInitrd.Host', 'usr');
/** A live system asks whether a device is named, whichever it is. */
const asksWhether = isSet('Usr.LiveImage');

export const kernelCommandLine = {
  Override: setting({
    type: boolean,
    default: 'yes',
    onlyWith: [usrIsThere],
    strictest: ['no', 'yes'],
    help: 'Parameters of the kernel command line override the settings they stand for. `no`: they are ignored, except RootHash.',
    since: '0.1.0',
  }),
  UsrDevice: setting({
    type: parameterNames,
    default: 'mount.usr',
    onlyWith: [
      usrIsThere,
      override,
      [...either(isUnset('Verity.DataDevice'), is('Verity.Verity', 'no')), ...asksWhether],
    ],
    help: 'Parameter for Usr.Device. The value /dev/mapper/NAME, as systemd wants it, leaves the partition as set. This and the others can be several names with blanks between them, such as `mount.usr usr`: the first that is given counts.',
    since: '0.1.0',
  }),
  UsrFileSystem: setting({
    type: parameterNames,
    default: 'mount.usrfstype',
    onlyWith: [usrIsThere, override],
    help: 'Parameter for Usr.FileSystem: `auto`, or the one that /usr must have.',
    since: '0.1.0',
  }),
  UsrOptions: setting({
    type: parameterNames,
    default: 'mount.usrflags',
    onlyWith: [usrIsThere, override],
    help: 'Parameter for Usr.Options.',
    since: '0.1.0',
  }),
  DataDevice: setting({
    type: parameterNames,
    default: 'systemd.verity_usr_data',
    onlyWith: [
      usrIsThere,
      override,
      either(verity, asksWhether),
      either(isSet('Verity.DataDevice'), asksWhether),
    ],
    help: 'Parameter for Verity.DataDevice, which is read instead of that of UsrDevice.',
    since: '0.1.0',
  }),
  HashDevice: setting({
    type: parameterNames,
    default: 'systemd.verity_usr_hash',
    onlyWith: [usrIsThere, override, verity, isSet('Verity.HashDevice')],
    help: 'Parameter for Verity.HashDevice.',
    since: '0.1.0',
  }),
  FecDevice: setting({
    type: parameterNames,
    default: 'bootrelay.usr_fec',
    onlyWith: [usrIsThere, override, verity, isSet('Verity.FecDevice')],
    help: 'Parameter for Verity.FecDevice: each slot has its own.',
    since: '0.1.0',
  }),
  VerityOptions: setting({
    type: parameterNames,
    onlyWith: [usrIsThere, override, verity],
    help: 'Parameter with options of dm-verity, such as `systemd.verity_usr_options`; none by default. `hash-offset=` counts, and `fec-device=` where the platform has a FecDevice; what would weaken the platform, such as `ignore-corruption`, stops the boot; what has no effect is said in the log. docs/boot.md has each option of veritysetup-generator(8).',
    since: '0.2.0',
  }),
  ImageFilter: setting({
    type: parameterNames,
    default: 'systemd.image_filter',
    onlyWith: [
      usrIsThere,
      override,
      either(is('Usr.Device', 'dissect'), is('Verity.DataDevice', 'dissect')),
      either(is('Verity.RootHash', 'signature'), is('Verity.Verity', 'no')),
    ],
    help: 'Parameter for Usr.LabelPattern, with rules as in systemd.image-filter(7): that of `usr=` counts.',
    since: '0.2.0',
  }),
  Repeated: setting({
    type: choice('last', 'refuse'),
    default: 'last',
    // The root hash is read without Override too.
    onlyWith: [
      either(usrIsThere, is('Verity.RootHash', 'command-line')),
      either(override, verity),
      either(override, is('Verity.RootHash', 'command-line')),
    ],
    strictest: ['refuse', 'last'],
    help: 'What counts where the kernel command line gives several values for one setting: of one name the `last`, as in the kernel and systemd, and of several names the first that is given; `refuse`: different values stop the boot, as a boot entry that somebody added to.',
    since: '0.2.0',
  }),
  Timeout: setting({
    type: parameterNames,
    onlyWith: [usrIsThere, override],
    help: 'Parameter for Devices.Timeout, a whole number of seconds such as `rd.timeout=300`; none by default. More than Devices.LongestTimeout is that; what is no number is said in the log, and Devices.Timeout stays.',
    since: '0.2.0',
  }),
  RootHash: setting({
    type: parameterNames,
    default: 'usrhash',
    onlyWith: [verity, is('Verity.RootHash', 'command-line')],
    help: 'Parameter that carries the root hash.',
    since: '0.1.0',
  }),
  Break: setting({
    type: parameterName,
    default: 'bootrelay.break',
    onlyWith: [is('Emergency.Debug', 'yes')],
    help: 'Parameter with the steps, separated by commas, before which a shell opens; `all` for each.',
    since: '0.1.0',
  }),
};
