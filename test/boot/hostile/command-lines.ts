/** Kernel command lines of an attacker, by chance: around a sound one, whatever may mean something to stage 1 or to a shell. */
import fc from 'fast-check';

/** What is put before and behind the words of a sound kernel command line. */
export interface Hostile {
  readonly before: readonly string[];
  readonly after: readonly string[];
}

const split = (text: string) => text.split(' ');

/** /dev/ubda is the sound disk; behind it there are two with another /usr and one that is a shared object. */
const devices = [
  ...split(
    '/dev/ubda /dev/ubda1 /dev/ubda2 /dev/ubdb /dev/ubdc /dev/ubdd /dev/mapper/usr /dev/dm-0 /dev/loop0',
  ),
  ...split(
    '/dev/null /proc/cmdline /init / PARTLABEL=USR-A PARTLABEL=ROOT PARTLABEL=* PARTLABEL= UUID=x LABEL=a',
  ),
];

const fragments = [
  ...split(
    '0 1 -1 999999999 0x10 yes no auto * ? ~ -n -- ; & | $PATH $IFS # = == ! %s %n $(reboot) `reboot`',
  ),
  ...split('\' " \\ \u0001 \u001b[2J \u007f ü \u00a0 \u2028 \ufeff \u{1f600}'),
  ...['', ' ', '\n', '\t', '$(reboot -f)', '`reboot -f`', 'a b'],
  ...['ab'.repeat(32), 'AB'.repeat(32), 'ab'.repeat(64), 'ab'.repeat(31), 'xy'.repeat(32), 'x'.repeat(300)],
  ...devices,
];

/** Mount options of mount(8), of btrfs and erofs, and such as nobody knows. */
const mountOptions = [
  ...split(
    'ro rw noexec nosuid noatime bind rbind move remount loop loop=/dev/loop7 sync dax user context=a',
  ),
  ...split('offset=4096 sizelimit=4096 fsoffset=4096 domain_id=x fsid=x nosuchoption x-systemd.makefs'),
  ...split('device=/dev/ubdb device=/dev/ubdc device=/dev/ubdb,device=/dev/ubdc device=/dev/ubda1 degraded'),
  ...split('subvol=/ subvolid=5 subvol=lib rescue=all nologreplay X-mount.subdir=lib'),
  '',
];

const fileSystems = [...split('auto erofs btrfs xfs tmpfs proc overlay hostfs erofs,btrfs'), ''];

/** What the loader, a shell, libraries and programs read. */
const environment = [
  ...split(
    'LD_PRELOAD LD_AUDIT LD_LIBRARY_PATH LD_DEBUG LD_BIND_NOW GLIBC_TUNABLES MALLOC_CHECK_ PATH IFS ENV',
  ),
  ...split(
    'BASH_ENV PS1 PS4 HOME PWD OLDPWD CDPATH OPTIND PPID SHELLOPTS TERM TZ LANG LC_ALL POSIXLY_CORRECT',
  ),
  ...split(
    'TMPDIR DM_DEV_DIR DM_UDEV_DISABLE_CHECKING LOOPDEV LIBMOUNT_FSTAB container NOTIFY_SOCKET _ LINENO',
  ),
];

/** Words for PID 1's arguments, and parameters of the kernel and of others that do nothing here. */
const otherWords = [
  ...split('-- - -c -x -i single s 1 emergency rd.break rescue /bin/sh ro rw usr= root=/dev/ubdb'),
  ...split('erofs.x=1 dm_verity.prefetch_cluster=0 loop.max_loop=0 overlay.x rootflags=x systemd.verity=no'),
  ...split(
    'systemd.unit=rescue.target rd.systemd.unit=emergency.target bootrelay.break=switch-root rd.emergency=halt',
  ),
  '-c reboot',
];

/** Parameters that end a kernel by themselves, or keep it quiet: no fault of stage 1. */
const ofTheKernel =
  /^"?(?:panic|init|rdinit|mem|memmap|initrd|reboot|noinitrd|initcall|lpj|ubd|con\d*|ssl|quiet|loglevel)\w*(?:=|$)/;

/** A character of `open` has no partner: it holds the rest of the line together. */
const quotes = (word: string) =>
  fc.constantFrom(word, `"${word}"`, word.replace('=', '="'), `${word.replace('=', '="')}"`, `"${word}`);

const value = fc.oneof(
  { arbitrary: fc.constantFrom(...fragments), weight: 6 },
  {
    arbitrary: fc.array(fc.constantFrom(...fragments), { maxLength: 4 }).map((parts) => parts.join('')),
    weight: 2,
  },
  { arbitrary: fc.string({ unit: 'binary', maxLength: 20 }), weight: 1 },
  { arbitrary: fc.integer({ min: 200, max: 1200 }).map((length) => 'x'.repeat(length)), weight: 1 },
);
const options = fc.array(fc.constantFrom(...mountOptions), { minLength: 1, maxLength: 3 });
const deviceName = fc.oneof(
  { arbitrary: fc.constant('/dev/ubdd'), weight: 1 },
  { arbitrary: fc.constantFrom(...devices), weight: 2 },
  { arbitrary: value, weight: 2 },
);

/** `variables` are the names that the scripts of stage 1 give to their values. */
function words(variables: readonly string[]) {
  const assign = (names: fc.Arbitrary<string>, values: fc.Arbitrary<string>) =>
    fc.tuple(names, values).map(([name, text]) => `${name}=${text}`);
  return fc
    .oneof(
      { arbitrary: options.map((list) => `mount.usrflags=${list.join(',')}`), weight: 2 },
      { arbitrary: fc.constantFrom(...fileSystems).map((name) => `mount.usrfstype=${name}`), weight: 1 },
      {
        arbitrary: assign(fc.constantFrom('mount.usr', 'mount.usr', 'verity_usr_data'), deviceName),
        weight: 2,
      },
      { arbitrary: assign(fc.constantFrom('usrhash', 'usrhash', 'USRHASH', 'usrhash '), value), weight: 2 },
      { arbitrary: assign(fc.constantFrom(...environment), deviceName), weight: 5 },
      { arbitrary: assign(fc.constantFrom(...variables), deviceName), weight: 5 },
      { arbitrary: assign(fc.stringMatching(/^[A-Za-z_.][\w.-]{0,12}$/), value), weight: 1 },
      { arbitrary: fc.constantFrom(...otherWords), weight: 2 },
      { arbitrary: value, weight: 1 },
    )
    .chain((word) =>
      fc.oneof({ arbitrary: fc.constant(word), weight: 5 }, { arbitrary: quotes(word), weight: 1 }),
    )
    .map((word) => word.replaceAll('\0', ''))
    .filter((word) => !word.split(/[\s"]+/).some((part) => ofTheKernel.test(part)));
}

/** Bytes that are added at most: with the sound part and User Mode Linux's own it stays below the 4,096 of the kernel. */
const limit = 2800;

/** The kernel gives PID 1 at most 32 variables and 32 arguments, and panics at more; some are taken. */
const mostWords = 7;

export function hostileCommandLines(variables: readonly string[]): fc.Arbitrary<Hostile> {
  const some = fc.array(words(variables), { maxLength: mostWords });
  return fc
    .record({ before: some, after: some })
    .map(({ before, after }) => ({ before: before.slice(0, mostWords - after.length), after }))
    .filter(({ before, after }) => Buffer.byteLength([...before, ...after].join(' ')) <= limit)
    .filter(({ before, after }) => before.length + after.length > 0);
}

/** The kernel command line as the kernel gets it. */
export function around({ before, after }: Hostile, sound: string): string {
  return [...before, sound, ...after].join(' ');
}
