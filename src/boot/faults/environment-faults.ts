/** Words of the kernel command line that the kernel makes environment variables and arguments of: they must change nothing. */
import { append, type Fault, verified } from './fault.ts';

/** Names that /init or the scripts of a step use, or may come to use. */
const ourNames = [
  'usr_device=/dev/null usr_partition=/dev/null usr_options=rw usr_end=1 hash_offset=0 data_end=1 blocks=1 size=1',
  'image=/etc/passwd full_init=/bin/true tmpfs_size=1 step=none uptimes=$(reboot) found=/dev/null number=1:3',
  'device=1 root=/lib options=rw type=tmpfs source=none node=/ name=usr algorithm=md5 salt=00 table=0 given_options=rw',
].join(' ');

export const environmentFaults = {
  'environment-of-shell': {
    what: 'variables that a shell heeds: where programs are, how words are cut, what is run first',
    commandLine: append(
      () => 'PATH=/nowhere IFS=/ ENV=/init BASH_ENV=/init PS4=$(reboot) CDPATH=/ OPTIND=9 LC_ALL=xx',
    ),
    expected: verified,
  },
  'environment-of-ours': {
    what: 'variables with the names of those of stage 1',
    commandLine: append(() => ourNames),
    expected: verified,
  },
  'environment-deadline': {
    what: 'a variable that once was the time limit, and there is no disk',
    settings: ['Devices.Timeout=2s'],
    commandLine: append(() => 'deadline=999999999 device_timeout=999999999'),
    disks: [],
    expected: { step: 'find-usr-partition', reason: 'device-missing' },
  },
  'environment-root-hash': {
    what: 'a variable with the name of the root hash, and the kernel command line has none',
    settings: ['Verity.RootHash=command-line'],
    commandLine: (sound, { RootHash }, rootHash) =>
      `${sound
        .split(' ')
        .filter((word) => !word.startsWith(`${RootHash}=`))
        .join(' ')} root_hash=${rootHash}`,
    expected: { step: 'read-kernel-command-line', reason: 'root-hash-missing' },
  },
  'environment-many': {
    what: 'more words than the kernel takes for variables or arguments would be a panic; as many as it takes',
    commandLine: append(() => Array.from({ length: 20 }, (_, index) => `V${index}=1 w${index}`).join(' ')),
    expected: verified,
  },
  arguments: {
    what: 'words that would be options of a shell or of systemd',
    commandLine: append(() => '-x +u -c -s -i rescue -b --help --version emergency'),
    expected: verified,
  },
} satisfies Record<string, Fault>;
