/** The order of the test files that need the lab: those that take longest first, so that no worker is left with one at the end. */
import Sequencer from '@jest/test-sequencer';

const longest = [
  'boot/firmware',
  'boot/fallback',
  'boot/multi-user',
  'boot/faults-systemd-uml',
  'boot/faults-systemd-pc',
  'boot/once',
  'boot/faults-shell-pc',
  'tutorial',
  'boot/faults-shell-uml',
  'boot/forms',
  'minimal/systemd',
  'boot/thin',
  'boot/bookworm',
  'boot/arm64',
  'boot/usr',
  'boot/coldplug',
  'commands/check',
  'boot/kept-reason',
  'boot/hand-over',
  'boot/console',
  'boot/failing',
];

/** Those that are not named come last, by name. */
function place({ path }) {
  const index = longest.findIndex((name) => path.endsWith(`test/${name}.lab.test.ts`));
  return index < 0 ? longest.length : index;
}

export default class LongestFirst extends Sequencer {
  sort(tests) {
    return [...tests].sort((left, right) => place(left) - place(right) || (left.path < right.path ? -1 : 1));
  }
}
