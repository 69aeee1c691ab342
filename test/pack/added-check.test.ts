/** What `pack` adds to a full initrd, so that it checks /usr again. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, expect, test } from '@jest/globals';
import { withInitrd } from '../../src/initrd/archives.ts';
import { readRange } from '../../src/initrd/input.ts';
import { makeTree } from '../../src/initrd/tree.ts';
import { addedCheck } from '../../src/pack/added-check.ts';
import { planBoot } from '../../src/plan/plan.ts';
import { configure } from '../config/platform-files.ts';
import { newcTree, type Raw } from '../initrd/newc-archive.ts';

const work = mkdtempSync(join(tmpdir(), 'bootrelay-check-'));
afterAll(() => rmSync(work, { recursive: true }));

/** Stands for a compiler of a processor: elf(5), e_machine. */
function useCompiler(machine: number): void {
  const compiler = join(work, `cc-${machine}`);
  const octal = `\\${machine.toString(8).padStart(3, '0')}`;
  const body = 'while [ "$1" != -o ]; do shift; done\nprintf ';
  writeFileSync(compiler, `#!/bin/sh\n${body}'123456789012345678${octal}\\000' > "$2"\n`, { mode: 0o755 });
  process.env.CC = compiler;
}
beforeEach(() => useCompiler(62));
afterEach(() => {
  delete process.env.CC;
});

/** What answers the check's questions, unless Verity.Tool=dmsetup. */
const own = 'usr/lib/bootrelay/dm-create';

const program = (name: string): Raw => ({ name, mode: 0o100755, data: name });
const link = (name: string, data: string): Raw => ({ name, mode: 0o120777, data });
const programs = ['env', 'sleep', 'true', 'tr', 'dmsetup'];
const systemd = [
  link('init', 'usr/lib/systemd/systemd'),
  program('usr/lib/systemd/systemd'),
  { name: 'etc/systemd/system', mode: 0o040755 },
];

async function added(entries: readonly Raw[], settings: readonly string[] = [], sysroot?: string) {
  const path = join(work, 'initrd');
  writeFileSync(path, newcTree(entries));
  const config = configure(...settings);
  const options = { config, plan: planBoot(config, []), initrd: 'initrd', sysroot, work };
  return withInitrd(path, { work }, async ({ archives }) => {
    const own = makeTree(archives);
    const result = await addedCheck(own.entries, options);
    const { entries: after, lost } = makeTree([
      ...archives,
      { entries: result.entries, trailer: true, early: false },
    ]);
    expect(lost).toEqual([]);
    const paths = after.map((entry) => entry.path);
    const text = (wanted: string) => {
      const entry = after.find((item) => item.path === wanted);
      return entry?.type === 'file'
        ? String(readRange(entry.data))
        : entry?.type === 'symlink'
          ? String(entry.target)
          : undefined;
    };
    return { ...result, paths, text };
  });
}

const all = [
  '/usr/lib/bootrelay/check-usr',
  '/usr/lib/bootrelay/emergency',
  '/etc/systemd/system/emergency.service.d/bootrelay.conf',
  '/etc/systemd/system/rescue.service.d/bootrelay.conf',
  '/etc/systemd/system/dracut-emergency.service.d/bootrelay.conf',
  '/etc/udev/rules.d/12-bootrelay.rules',
  '/etc/systemd/system/bootrelay-check-usr.service',
  '/etc/systemd/system/sysusr-usr.mount',
  '/etc/systemd/system/sysroot-usr.mount',
  '/etc/systemd/system/systemd-veritysetup@usr.service',
  '/etc/systemd/system/basic.target.requires/bootrelay-check-usr.service',
  '/etc/systemd/system/rescue.target.requires/bootrelay-check-usr.service',
  '/etc/systemd/system/initrd-usr-fs.target.requires/bootrelay-check-usr.service',
  '/etc/systemd/system/initrd-switch-root.target.requires/bootrelay-check-usr.service',
  '/etc/systemd/system/initrd-usr-fs.target.requires/sysusr-usr.mount',
  '/etc/systemd/system/initrd-fs.target.requires/sysroot-usr.mount',
];

test('an initrd with systemd gets the check, its units, enabled, and the rule; with the directories that it lacks', async () => {
  const result = await added([...systemd, ...programs.map((name) => program(`usr/bin/${name}`))]);
  expect(result.added).toEqual([...all, `/${own}`]);
  expect(result.findings).toEqual([]);
  expect(result.paths).toEqual(
    expect.arrayContaining([...all.map((path) => path.slice(1)), 'etc/udev/rules.d']),
  );
  expect(result.text('usr/lib/bootrelay/check-usr')).toMatch(/^#!\/bin\/sh\n# Checks in the full initrd/);
});

test('links in the way are followed: a directory that is a link stays one', async () => {
  const result = await added([
    { name: 'usr', mode: 0o040755 },
    link('etc', 'usr/etc'),
    { name: 'usr/etc', mode: 0o040755 },
    ...systemd.filter(({ name }) => !name.startsWith('etc')),
    ...programs.map((name) => program(`usr/sbin/${name}`)),
  ]);
  expect(result.text('etc')).toBe('usr/etc');
  expect(result.paths).toContain('usr/etc/systemd/system/bootrelay-check-usr.service');
});

test('what is there already is left alone, whichever way a link is written; what is another is replaced', async () => {
  const first = await added([...systemd, ...programs.map((name) => program(`usr/bin/${name}`))]);
  const there = first.entries.map(
    ({ name, mode, data }): Raw => ({ name: String(name), mode, data: readRange(data) }),
  );
  const absolute = there.map((entry) =>
    entry.mode === 0o120777
      ? { ...entry, data: `/etc/systemd/system/${entry.name.replace(/.*\//, '')}` }
      : entry,
  );
  const base = [...systemd, ...programs.map((name) => program(`usr/bin/${name}`))];
  for (const entries of [there, absolute]) expect((await added([...base, ...entries])).added).toEqual([]);
  const outdated = absolute.map((entry) =>
    entry.name.endsWith('check-usr') ? { ...entry, data: '#!/bin/sh\nexit 0\n' } : entry,
  );
  const result = await added([...base, ...outdated]);
  expect(result.added).toEqual(['/usr/lib/bootrelay/check-usr']);
  expect(result.text('usr/lib/bootrelay/check-usr')).not.toContain('exit 0\n# ');
});

const lacking = (...names: readonly string[]) => [
  ...systemd,
  ...programs.filter((name) => !names.includes(name)).map((name) => program(`usr/bin/${name}`)),
];

test('programs that it lacks come from the sysroot, or it is said that they must', async () => {
  const sysroot = join(work, 'sysroot');
  mkdirSync(join(sysroot, 'usr/sbin'), { recursive: true });
  // A script needs no library.
  writeFileSync(join(sysroot, 'usr/sbin/sleep'), '#!/bin/sh\n', { mode: 0o755 });
  const some = lacking('sleep');
  expect((await added(some, [], sysroot)).added).toContain('/usr/sbin/sleep');
  expect((await added(some)).findings).toMatchObject([
    {
      kind: 'full-initrd-unfit',
      severity: 'error',
      message: 'initrd must have sleep, which the check calls',
      hint: 'with --sysroot, pack takes it from there',
    },
  ]);
  await expect(added(lacking('sleep', 'tr'), [], sysroot)).resolves.toMatchObject({
    findings: [{ message: 'initrd must have tr, which the check calls', hint: `install it into ${sysroot}` }],
  });
});

test('a program of a sysroot whose bin is no link is put where a unit starts it', async () => {
  const sysroot = join(work, 'sysroot-of-bin');
  mkdirSync(join(sysroot, 'bin'), { recursive: true });
  for (const name of ['true', 'tr'])
    writeFileSync(join(sysroot, 'bin', name), '#!/bin/sh\n', { mode: 0o755 });
  const result = await added(lacking('true', 'tr'), [], sysroot);
  expect(result.findings).toEqual([]);
  expect(result.added).toEqual(expect.arrayContaining(['/usr/bin/true', '/bin/tr']));
});

test.each([
  ['shell', []],
  ['systemd', ['Initrd.Init=systemd']],
])(
  "without dmsetup it gets bootrelay's own program, with neither sysroot nor library: %s form",
  async (_, form) => {
    const { added: paths, findings, entries } = await added(lacking('dmsetup'), form);
    expect(findings).toEqual([]);
    expect(paths).toEqual([...all, `/${own}`]);
    const entry = entries.find(({ name }) => String(name) === own);
    expect(entry?.mode).toBe(0o100755);
    const again = await added(
      [
        ...lacking('dmsetup'),
        ...entries.map(({ name, mode, data }) => ({ name: String(name), mode, data: readRange(data) })),
      ],
      form,
    );
    expect(again.added).toEqual([]);
  },
);

test("bootrelay's own program is for the platform's processor", async () => {
  const arm64 = ['Platform.Architecture=arm64'];
  await expect(added(lacking('dmsetup'), arm64)).rejects.toThrow(/another processor than arm64/);
  useCompiler(183);
  expect((await added(lacking('dmsetup'), arm64)).added).toContain(`/${own}`);
});

test('where nothing compiles that is an error, which names what needs no compiler', async () => {
  process.env.CC = 'no-such-compiler';
  await expect(added(lacking('dmsetup'))).rejects.toThrow(/Verity\.Tool=dmsetup needs no compiler/);
  await expect(added(lacking(), ['Verity.Tool=dmsetup'])).resolves.toMatchObject({ findings: [] });
  await expect(added(lacking('dmsetup', 'tr', 'true'), ['Verity.Verity=no'])).resolves.toMatchObject({
    findings: [],
  });
});

test('with Verity.Tool=dmsetup that comes from the sysroot', async () => {
  const sysroot = join(work, 'sysroot-of-dmsetup');
  mkdirSync(join(sysroot, 'usr/sbin'), { recursive: true });
  writeFileSync(join(sysroot, 'usr/sbin/dmsetup'), '#!/bin/sh\n', { mode: 0o755 });
  const settings = ['Verity.Tool=dmsetup'];
  const result = await added(lacking('dmsetup'), settings, sysroot);
  expect(result.findings).toEqual([]);
  expect(result.added).toEqual([...all, '/usr/sbin/dmsetup']);
  expect((await added(lacking('dmsetup'), settings)).findings).toMatchObject([
    { message: 'initrd must have dmsetup, which the check calls' },
  ]);
});

test.each<[string, Partial<Raw>]>([
  ['another', {}],
  ['one that cannot be started', { mode: 0o100644 }],
])(
  "bootrelay's own program is what is called where it is: %s is replaced, dmsetup or not",
  async (_, change) => {
    for (const some of [lacking('dmsetup'), lacking()]) {
      const there = [...some, { ...program(own), ...change }];
      expect((await added(there)).added).toContain(`/${own}`);
    }
  },
);

test('what a unit starts by path gets a link where the initrd has it in another directory', async () => {
  const inBin = (name: string) => [...lacking(name), { name: 'bin', mode: 0o040755 }, program(`bin/${name}`)];
  for (const name of ['env', 'true']) {
    const result = await added(inBin(name));
    expect(result.added).toEqual([...all, `/${own}`, `/usr/bin/${name}`]);
    expect(result.text(`usr/bin/${name}`)).toBe(`/bin/${name}`);
  }
  // The check itself looks along PATH, and where bin is a link it is the same file.
  for (const name of ['sleep', 'tr', 'dmsetup'])
    expect((await added(inBin(name))).added).toEqual([...all, `/${own}`]);
  const merged = [...systemd, link('bin', 'usr/bin'), ...programs.map((name) => program(`usr/bin/${name}`))];
  expect((await added(merged)).added).toEqual([...all, `/${own}`]);
});

test('what cannot be started is not there: programs and the check alike', async () => {
  const mode = 0o100644;
  const tr = await added([...lacking('tr'), { ...program('usr/bin/tr'), mode }]);
  expect(tr.findings).toMatchObject([{ message: 'initrd must have tr, which the check calls' }]);
  const { entries } = await added(lacking());
  const there = entries.map(
    (entry): Raw => ({ name: String(entry.name), mode: entry.mode, data: readRange(entry.data) }),
  );
  const check = '/usr/lib/bootrelay/check-usr';
  for (const other of [0o100644, 0o100744, 0o100000, 0o100775]) {
    const changed = there.map((entry) => (`/${entry.name}` === check ? { ...entry, mode: other } : entry));
    expect((await added([...lacking(), ...changed])).added).toEqual(other === 0o100775 ? [] : [check]);
  }
});

test('without verity neither a rule nor dmsetup is wanted', async () => {
  const some = programs.filter((name) => !['dmsetup', 'tr', 'true'].includes(name));
  const result = await added(
    [...systemd, ...some.map((name) => program(`usr/bin/${name}`))],
    ['Verity.Verity=no'],
  );
  expect(result.findings).toEqual([]);
  expect(result.added).toEqual(
    all.filter((path) => !/12-bootrelay|veritysetup|\/sysusr-usr\.mount/.test(path)),
  );
});

test('another init is told how it can be checked, and is then started by the program that checks', async () => {
  const busybox = [program('init'), ...programs.map((name) => program(`bin/${name}`))];
  const plain = await added(busybox);
  expect(plain.entries).toEqual([]);
  expect(plain.findings).toMatchObject([
    {
      kind: 'full-initrd-unchecked',
      severity: 'warning',
      setting: 'FullInitrd.Init',
      hint: expect.stringContaining('FullInitrd.Init=/usr/lib/bootrelay/init'),
    },
  ]);
  const checked = await added(busybox, [
    'FullInitrd.Init=/usr/lib/bootrelay/init',
    'Emergency.Action=poweroff',
  ]);
  expect(checked.added).toEqual(['/usr/lib/bootrelay/check-usr', '/usr/lib/bootrelay/init', `/${own}`]);
  const init = checked.text('usr/lib/bootrelay/init') ?? '';
  expect(init).toMatch(
    /^PATH=\/usr\/sbin:\/usr\/bin:\/sbin:\/bin\nif ! env -i \/usr\/lib\/bootrelay\/check-usr; then/m,
  );
  expect(init).toContain('echo o > /proc/sysrq-trigger');
  expect(init.trimEnd().split('\n').at(-1)).toBe('exec /init "$@"');
});

test('an initrd without systemd gets the initrd-release that stage 1 wants, from the system, unless it has one', async () => {
  const busybox = [program('init'), ...programs.map((name) => program(`bin/${name}`))];
  const init = ['FullInitrd.Init=/usr/lib/bootrelay/init'];
  for (const place of ['usr/lib', 'etc']) {
    const sysroot = join(work, `released-${place.replace('/', '-')}`);
    mkdirSync(join(sysroot, 'usr'), { recursive: true });
    mkdirSync(join(sysroot, place), { recursive: true });
    writeFileSync(join(sysroot, place, 'os-release'), 'ID=x\n');
    const without = await added(busybox, init, sysroot);
    expect(without.added).toContain('/etc/initrd-release');
    expect(without.text('etc/initrd-release')).toBe('ID=x\n');
    const own = [...busybox, { name: 'etc', mode: 0o040755 }, program('etc/initrd-release')];
    expect((await added(own, init, sysroot)).added).not.toContain('/etc/initrd-release');
    expect((await added(busybox, [], sysroot)).added).toEqual([]);
  }
});
