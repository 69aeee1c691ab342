/** A console that stands in the way: whoever writes to it waits for ever. */
import { beginOf, type Ending, type Fault, verified } from './fault.ts';

/** Ctrl-S: the terminal stops its output until Ctrl-Q (termios(3), IXON). */
const stopOutput = '\u0013';

const noDevice: Ending = { step: 'find-usr-partition', reason: 'device-missing' };
const stopped = { after: beginOf('find-usr-partition'), text: stopOutput };
const stoppedLater = { after: /in 3 s/, text: stopOutput };

export const consoleFaults = {
  'console-stopped': {
    what: 'somebody has typed Ctrl-S on the console, and there is no disk',
    settings: ['Devices.Timeout=2s', 'Emergency.Delay=2s'],
    disks: [],
    typed: stopped,
    expected: noDevice,
  },
  'console-stopped-later': {
    what: 'somebody types Ctrl-S while the console counts down',
    settings: ['Devices.Timeout=0', 'Emergency.Delay=4s'],
    disks: [],
    typed: stoppedLater,
    expected: noDevice,
  },
  'console-stopped-shell': {
    what: 'the same, where Enter would open a shell',
    settings: [
      ...['Devices.Timeout=0', 'Emergency.Delay=4s', 'Emergency.Shell=password'],
      `Emergency.PasswordHash=$5$abcdefgh$${'x'.repeat(43)}`,
    ],
    disks: [],
    typed: stoppedLater,
    expected: noDevice,
  },
  'credential-no-hash': {
    what: 'the credential with the password of the shell holds an empty password for root, and somebody presses Enter',
    settings: [
      ...['Devices.Timeout=0', 'Emergency.Delay=4s', 'Emergency.Shell=password'],
      'Emergency.PasswordCredential=passwd.hashed-password.root',
    ],
    files: { '/.extra/credentials/passwd.hashed-password.root.cred': '' },
    disks: [],
    typed: { after: /in 3 s/, text: '\n' },
    expected: noDevice,
  },
  'console-stopped-sound': {
    what: 'somebody has typed Ctrl-S on the console, and nothing is wrong',
    typed: stopped,
    expected: verified,
  },
} satisfies Record<string, Fault>;
