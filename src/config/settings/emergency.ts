/** [Emergency]: what happens when a boot fails. */
import { is, isNot } from '../only-with.ts';
import { setting } from '../setting.ts';
import { passwordHash } from '../value-types/hashes.ts';
import { credentialName } from '../value-types/names.ts';
import { timeSpan, wholeSeconds } from '../value-types/times.ts';
import { boolean, choice } from '../value-types/value-type.ts';

export const emergency = {
  Action: setting({
    type: choice('reboot', 'poweroff', 'halt', 'panic'),
    default: 'reboot',
    help: 'What happens when a step of stage 1 fails, or when the check of /usr in the full initrd does.',
    since: '0.1.0',
  }),
  Delay: setting({
    type: timeSpan,
    default: '10s',
    help: 'How long the reason stays on the console before the action; the console counts down.',
    since: '0.1.0',
  }),
  PanicTimeout: setting({
    type: wholeSeconds,
    default: '10s',
    onlyWith: [is('Emergency.Action', 'reboot')],
    help: 'When the machine restarts after a kernel panic, in stage 1 or later, where the kernel itself would stand still for ever (`panic=0`, its default): a block of /usr that does not match, an init that cannot be started. Without it no boot loader could fall back to the other slot. 0: left to the kernel.',
    since: '0.1.0',
  }),
  Shell: setting({
    type: choice('never', 'password', 'always'),
    default: 'never',
    strictest: ['never', 'password', 'always'],
    help: 'Whether Enter on the console opens a root shell during Delay: `never`, and there is none in the minimal initrd; `password`, after the password of PasswordHash or PasswordCredential, with three tries in a minute; `always`, to whoever holds the keyboard. AfterShell says what follows when it ends.',
    since: '0.1.0',
  }),
  AfterShell: setting({
    type: choice('action', 'retry'),
    default: 'action',
    onlyWith: [is('Emergency.Shell', 'password', 'always')],
    strictest: ['action', 'retry'],
    help: 'What follows when the shell is left: `action`, the action; `retry`, the boot begins again from its first step, with the same checks, once what it has mounted and set up is undone. As often as somebody leaves a shell.',
    since: '0.2.0',
  }),
  PasswordHash: setting({
    type: passwordHash,
    onlyWith: [is('Emergency.Shell', 'password')],
    secret: true,
    help: 'The password of the shell, as `openssl passwd -6` prints it. It is in the minimal initrd: whoever can read /boot can guess at it.',
    since: '0.1.0',
  }),
  PasswordCredential: setting({
    type: credentialName,
    onlyWith: [is('Emergency.Shell', 'password')],
    help: 'The name of a credential with the hash of the password, such as `passwd.hashed-password.root` (systemd.system-credentials(7)): systemd-stub brings it from a file NAME.cred of the boot partition. It is read as it is, not decrypted, and takes the place of PasswordHash. Whoever can write to the boot partition can choose the password.',
    since: '0.2.0',
  }),
  FullInitrd: setting({
    type: choice('follow', 'own'),
    default: 'follow',
    onlyWith: [isNot('FullInitrd.Init', '/usr/lib/bootrelay/init')],
    strictest: ['follow', 'own'],
    asksNothing: 'own',
    help: 'What the emergency mode of a full initrd with systemd does: `follow`, what Action, Delay and Shell say, without a shell unless Shell=always; `own`, what that initrd has for it, often a shell.',
    since: '0.2.0',
  }),
  Debug: setting({
    type: boolean,
    default: 'no',
    strictest: ['no', 'yes'],
    help: 'For development: a trace of every command, and shells without a password before the steps that KernelCommandLine.Break names. `check` refuses it unless `--allow debug-enabled` is given.',
    since: '0.1.0',
  }),
};
