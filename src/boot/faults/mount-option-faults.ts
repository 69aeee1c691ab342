/** Mount options of a hostile or careless kernel command line: what is mounted stays the verified device. */
import { append, type Ending, type Fault, verified } from './fault.ts';

const refused: Ending = { step: 'read-kernel-command-line', reason: 'usr-options-refused' };
const btrfs = ['Usr.FileSystem=btrfs'];

/** A boot whose kernel command line has these mount options of /usr. */
function given(what: string, options: string, expected: Ending, settings: readonly string[] = []): Fault {
  return { what, settings, commandLine: append(({ UsrOptions }) => `${UsrOptions}=${options}`), expected };
}

export const mountOptionFaults = {
  'mount-options': given('mount options that nobody knows', 'nosuchoption', refused),
  'mount-options-device': given('a mount option names another device (erofs)', 'device=/dev/vdb', refused),
  'mount-options-place': given(
    'a mount option names another place of the device (erofs)',
    'fsoffset=4096',
    refused,
  ),
  'mount-options-offset': given('a mount option puts a loop device in between', 'ro,offset=4096', refused),
  'mount-options-loop': given('the same, without a place', 'loop', refused),
  'mount-options-directory': given(
    'a mount option of mount(8) names a directory',
    'X-mount.subdir=lib',
    refused,
  ),
  'mount-options-bind': given('a mount option mounts a directory instead', 'bind', refused),
  'mount-options-remount': given('a mount option changes what is mounted', 'remount,rw', refused),
  'mount-options-writable': given('a mount option wants /usr to be written to', 'rw', refused),
  'mount-options-noexec': given('a mount option forbids programs', 'ro,noexec', refused),
  'mount-options-verity': given('a mount option of mount(8) sets verity up', 'verity.roothash=ab', refused),
  'mount-options-quoted': given('mount options with a space in quotes', '"ro, bind"', refused),
  'mount-options-pattern': given('a mount option would be one if it were a pattern', 'noatim?', refused),
  'mount-options-command': given('a mount option would run if it were a command', '$(reboot)', refused),
  'mount-options-long': given(
    'a mount option longer than a line of the log can be',
    `ro,${'x'.repeat(1200)}`,
    refused,
  ),
  'mount-options-subvolume': given('a mount option names another subvolume', 'subvolid=256', refused, btrfs),
  'mount-options-backup': given(
    'a mount option names an older state of the file system',
    'rescue=usebackuproot',
    refused,
    btrfs,
  ),
  'mount-options-of-list': given(
    'a mount option of another file system of the list than the one of /usr',
    'ro,rescue=nologreplay',
    { step: 'find-file-system', reason: 'usr-options-refused' },
    ['Usr.FileSystem=erofs btrfs'],
  ),
  'mount-options-sound': given('mount options that may be set', 'noatime,nodev,ro', verified),
  'mount-options-empty': given('empty mount options', '', verified),
  'mount-options-systemd': given(
    'mount options that are for systemd and mount(8)',
    'x-systemd.device-timeout=1,x-initrd.mount,auto,nofail,_netdev',
    verified,
  ),
  'mount-options-fixed': given(
    'mount options that replace those of the platform, but not those that it always wants',
    'ro',
    verified,
    [...btrfs, 'Usr.Options=noatime', 'Usr.FixedOptions=rescue=nologreplay'],
  ),
  'mount-options-twice': {
    what: 'mount options twice; the last ones count',
    commandLine: append(({ UsrOptions }) => `${UsrOptions}=rw ${UsrOptions}=ro`),
    expected: verified,
  },
  'mount-options-ignored': given(
    'mount options that name a device, and the platform does not listen',
    'device=/dev/vdb',
    verified,
    ['KernelCommandLine.Override=no'],
  ),
} satisfies Record<string, Fault>;
