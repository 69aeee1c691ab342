import { describe, expect, test } from '@jest/globals';
import { type BootPlan, needsOfPlan, type Step } from '../../src/plan/boot-plan.ts';
import { checkPlan } from '../../src/plan/check-plan.ts';
import { reasons } from '../../src/plan/reasons.ts';
import { plan } from '../config/platform-files.ts';

const names = (boot: BootPlan) => boot.steps.map(({ name }) => name);
const all = plan();

test.each([
  ['set-up-verity', ['Verity.Verity=no']],
  ['set-panic-timeout', ['Emergency.Action=halt']],
  ['set-panic-timeout', ['Emergency.PanicTimeout=0']],
  ['carry-over', ['FullInitrd.CarryOver=']],
  ['carry-over', ['FullInitrd.Writable=no']],
  ['read-kernel-command-line', ['KernelCommandLine.Override=no', `Verity.RootHash=${'ab'.repeat(32)}`]],
])('no step %s with %j', (step, settings) => {
  expect(names(plan(...settings))).toEqual(names(all).filter((name) => name !== step));
});

test.each([
  ['erofs', ['erofs'], []],
  ['btrfs', ['btrfs'], []],
])('/usr on %s needs its module', (fileSystem, modules) => {
  const needs = needsOfPlan(plan(`Usr.FileSystem=${fileSystem}`));
  expect(needs.modules.map(({ name }) => name)).toEqual(expect.arrayContaining(modules));
});

test.each([
  ['PARTLABEL=USR-A', false],
  ['PARTUUID=0123', true],
  ['UUID=0123', true],
])('blkid is needed for %s: %j', (device, needed) => {
  const { programs } = needsOfPlan(plan(`Usr.Device=${device}`));
  expect(programs.some((need) => 'program' in need && need.program.endsWith('/blkid'))).toBe(needed);
});

test('both forms take the same steps', () => {
  expect(names(plan('Initrd.Init=systemd'))).toEqual(names(all));
});

test.each([
  ['shell', 'dmsetup', '/usr/sbin/dmsetup'],
  ['systemd', 'auto', '/usr/sbin/dmsetup'],
  ['systemd', 'veritysetup', '/usr/sbin/veritysetup'],
])('form %s, Tool=%s: %s is needed', (form, tool, program) => {
  const { programs } = needsOfPlan(plan(`Initrd.Init=${form}`, `Verity.Tool=${tool}`));
  expect(programs).toContainEqual(expect.objectContaining({ program }));
});

test('the shell form brings its own program for the verity device by default', () => {
  const own = expect.objectContaining({ own: 'dm-create' });
  expect(needsOfPlan(plan()).programs).toContainEqual(own);
  expect(needsOfPlan(plan('Verity.Tool=dmsetup')).programs).not.toContainEqual(own);
});

test('a module that may be missing is optional, unless another step requires it', () => {
  const modules = needsOfPlan(plan('Modules.Modules=-erofs', 'Modules.Modules=-nvme')).modules;
  expect(modules).toContainEqual({
    name: 'erofs',
    optional: false,
    parameters: [],
    because: 'Usr.FileSystem',
  });
  expect(modules).toContainEqual({ name: 'nvme', optional: true, parameters: [] });
});

test('parameters of a module come from its setting, and from what a step needs', () => {
  const settings = ['Modules.Modules=-ramoops mem_size=0x10000 ecc=1', 'Verity.RequireSignature=yes'];
  const { modules } = needsOfPlan(plan(...settings));
  expect(modules).toContainEqual({
    name: 'ramoops',
    optional: true,
    parameters: ['mem_size=0x10000', 'ecc=1'],
  });
  expect(modules).toContainEqual({
    name: 'dm-verity',
    optional: false,
    parameters: ['require_signatures=1'],
    because: 'Verity.Verity',
  });
});

describe('a plan is refused', () => {
  const withSteps = (steps: readonly Step[]): BootPlan => ({ ...all, steps });
  const without = (name: string) => withSteps(all.steps.filter((step) => step.name !== name));

  // Leaving any step out that provides something takes it away from a later one.
  const providing = all.steps.filter(({ provides }) => provides.length > 0).map(({ name }) => name);
  test.each(providing)('without the step %s', (name) => {
    expect(() => checkPlan(without(name))).toThrow(
      /which no earlier step provides|must start the full initrd/,
    );
  });

  test('without what gives a value that a step reads', () => {
    const steps = all.steps.map((step) => ({
      ...step,
      writes: step.writes.filter((name) => name !== 'usr_partition'),
    }));
    expect(() => checkPlan(withSteps(steps))).toThrow(
      'set-up-verity reads usr_partition, which no setting and no earlier step gives',
    );
  });

  test('with two steps in the wrong order', () => {
    const steps = [...all.steps];
    const usr = names(all).indexOf('mount-usr');
    [steps[usr - 1], steps[usr]] = [steps[usr] as Step, steps[usr - 1] as Step];
    expect(() => checkPlan(withSteps(steps))).toThrow(
      'mount-usr uses "usr device", which no earlier step provides',
    );
  });

  test('with a step twice', () => {
    const [first] = all.steps;
    expect(() => checkPlan(withSteps([first as Step, ...all.steps]))).toThrow('appears twice');
  });

  test('with something behind the switch to the full initrd', () => {
    const [first, ...rest] = all.steps;
    expect(() => checkPlan(withSteps([...rest, first as Step]))).toThrow(
      /the last step must start the full initrd/,
    );
  });
});

test('each reason says when and what to do', () => {
  for (const [name, { when, help }] of Object.entries(reasons)) {
    expect(name).toMatch(/^[a-z][a-z0-9]*(-[a-z0-9]+)+$/);
    expect(when).not.toMatch(/^[A-Z]|\.$/);
    expect(help).toMatch(/^[A-Z/].*\.$/);
  }
});
