/** Something else is mounted than what stage 1 set up: somebody at a breakpoint puts it there. */
import { append, type Ending, type Fault } from './fault.ts';

/** A boot that stops before a step, where `commands` are typed. */
function typedBefore(step: string, what: string, commands: string, expected: Ending): Fault {
  return {
    what,
    settings: ['Emergency.Debug=yes'],
    commandLine: append(({ Break }) => `${Break}=${step}`),
    typed: { after: new RegExp(`stopped before ${step}[^]*# `), text: `${commands}; exit\n` },
    expected,
  };
}

const otherUsr: Ending = { step: 'check-mounted-usr', reason: 'usr-not-as-verified' };
const otherImage: Ending = { step: 'mount-full-initrd', reason: 'image-not-as-verified' };

export const mountFaults = {
  'mounted-other': typedBefore(
    'check-mounted-usr',
    'another file system is mounted as /usr',
    'umount /sysusr/usr; mount -t tmpfs -o ro tmpfs /sysusr/usr',
    otherUsr,
  ),
  'mounted-over': typedBefore(
    'check-mounted-usr',
    'another file system is mounted over /usr',
    'mount -t tmpfs -o ro tmpfs /sysusr/usr',
    otherUsr,
  ),
  'mounted-directory': typedBefore(
    'check-mounted-usr',
    'a directory of the verified device is mounted as /usr',
    'mount -o bind /sysusr/usr/lib /image; umount /sysusr/usr; mount -o move /image /sysusr/usr',
    otherUsr,
  ),
  'mounted-writable': typedBefore(
    'check-mounted-usr',
    '/usr is mounted so that it may be written to',
    'mount -o remount,bind,rw /sysusr/usr',
    otherUsr,
  ),
  'mounted-below': typedBefore(
    'check-mounted-usr',
    'another file system is mounted on a directory of /usr',
    'mount -t tmpfs tmpfs /sysusr/usr/share',
    otherUsr,
  ),
  'mounted-not': typedBefore('check-mounted-usr', '/usr is not mounted', 'umount /sysusr/usr', otherUsr),
  'image-mounted-over': typedBefore(
    'mount-full-initrd',
    'something is mounted where the image will be',
    'mount -t tmpfs tmpfs /image',
    otherImage,
  ),
} satisfies Record<string, Fault>;
