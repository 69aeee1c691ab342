import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, expect, test } from '@jest/globals';
import { joinCpio, makeExtraCpio } from '../../src/boot/extra-cpio.ts';
import { runGuest } from '../../src/boot/guest.ts';
import { compileOwnProgram } from '../../src/minimal/own-programs.ts';
import { reported } from '../boot/boots.ts';
import { openLab, type UmlName } from '../lab/lab.ts';

const work = mkdtempSync(join(tmpdir(), 'bootrelay-test-'));
afterAll(() => rmSync(work, { recursive: true }));
afterEach(() => {
  delete process.env.CC;
});

const compile = (name: string) => compileOwnProgram('dm-create', 'x86-64', join(work, name));

test('dm-create is small, needs no library, and two compilations give the same bytes', async () => {
  const [one, two] = [readFileSync(await compile('one')), readFileSync(await compile('two'))];
  expect(one.equals(two)).toBe(true);
  expect(one.length).toBeLessThan(4096);
  // An interpreter would be named in the program: elf(5), PT_INTERP.
  expect(one.includes('ld-linux')).toBe(false);
});

/** What a machine with bootrelay's program and dmsetup says of both. */
async function compareWithDmsetup(name: UmlName) {
  const lab = openLab();
  const { program, libraries, sysroot, kernel } = lab.uml[name];
  const drivers = join(sysroot, 'usr/lib/modules', kernel, 'kernel/drivers');
  const files = {
    '/own/init': readFileSync(new URL('compare-with-dmsetup.sh', import.meta.url)),
    '/own/dm-create': readFileSync(await compile(`for-${name}`)),
    '/own/dm-mod.ko': readFileSync(join(drivers, 'md/dm-mod.ko')),
    '/own/loop.ko': readFileSync(join(drivers, 'block/loop.ko')),
  };
  const cpio = await makeExtraCpio(files, work, 0o755);
  const initrd = joinCpio(join(lab.shared, 'probe.cpio'), cpio, join(work, `${name}.img`));
  const commandLine = 'console=tty0 rdinit=/own/init panic=-1';
  const state = mkdtempSync(join(work, 'state-'));
  const machine = { machine: 'uml', kernel: program, libraries, initrd, commandLine, disks: [] } as const;
  return runGuest({
    guest: { ...machine, memory: 256, state },
    log: join(lab.shared, `dm-create-${name}.log`),
    timeout: 120,
    enough: ({ reportEnded }) => reportEnded,
  });
}

test.each(['old', 'new'] as const)(
  'dm-create tells table and status as dmsetup does, or nothing: %s kernel',
  async (name) => {
    const result = await compareWithDmsetup(name);
    expect(result.seen.reportEnded).toBe(true);
    for (const what of ['table', 'status']) {
      const said = reported(result, what);
      const ofName = (wanted: string) => said.filter((line) => line.split(' ')[0] === wanted);
      const same = { one: 1, linear: 1, three: 3, fifty: 50, made: 1, [`${'0'.repeat(126)}7`]: 1 };
      for (const [device, lines] of Object.entries(same))
        expect(new Set(ofName(device))).toEqual(new Set([`${device} same ${lines}`]));
      // Suspended it is asked once more.
      expect(ofName('one')).toHaveLength(2);
      const call = 'dm-create: DM_TABLE_STATUS:';
      for (const device of ['none', 'loaded'])
        expect(ofName(device)).toEqual([`${device} 0 1 ${call} the device has no table`]);
      expect(ofName('gone')).toEqual([`gone 1 1 ${call} there is no device of this name`]);
      expect(ofName(`00${'0'.repeat(125)}7`)).toEqual([
        expect.stringMatching(/ 1 dm-create: an argument is too long$/),
      ]);
      const many = said.filter((line) => line.startsWith('many-'));
      expect(many.at(0)).toBe('many-70 same 70');
      expect(many.at(-1)).toBe(`many-300 0 1 ${call} the table is too long`);
      for (const line of many) expect(line).toMatch(/^many-(\d+) (same \1|0 1 .* the table is too long)$/);
    }
    expect(reported(result, 'both')).toEqual(['one same', 'three same']);
    expect(reported(result, 'full')).toEqual(['refused']);
  },
);

test.each([
  [[], 'usage: '],
  [['--table'], 'usage: '],
  [['--tables', 'usr'], 'usage: '],
  [['--status', 'usr', 'usr2'], 'usage: '],
  [['--table', 'usr', '--status'], 'usage: '],
  [['usr', '--table'], 'usage: '],
  [['usr', '8', 'verity'], 'usage: '],
  [['usr', '', 'verity', '1'], 'SECTORS is empty'],
  [['usr', '8x', 'verity', '1'], 'SECTORS is not a number'],
  [['usr', '99999999999999999999', 'verity', '1'], 'SECTORS is not a number'],
  [['n'.repeat(128), '8', 'verity', '1'], 'an argument is too long'],
  [['usr', '8', 'a-target-of-17-ch', '1'], 'an argument is too long'],
  [['usr', '8', 'verity', 'p'.repeat(4096)], 'an argument is too long'],
])('dm-create %j: %s', async (args, words) => {
  const { status, stderr } = spawnSync(await compile('program'), args, { encoding: 'utf8' });
  expect(stderr).toMatch(new RegExp(`^dm-create: ${words}`));
  expect(status).toBe(1);
});

test.each([
  ['x86-64', 62],
  ['arm64', 183],
] as const)('for %s the compiler is found that makes programs for it', async (architecture, machine) => {
  const program = readFileSync(await compileOwnProgram('dm-create', architecture, join(work, architecture)));
  // elf(5): e_machine.
  expect(program.readUInt16LE(18)).toBe(machine);
  expect(program.length).toBeLessThan(4096);
});

test('a compiler for another processor is refused', async () => {
  process.env.CC = 'cc';
  await expect(compileOwnProgram('dm-create', 'arm64', join(work, 'arm64-by-cc'))).rejects.toThrow(
    'CC makes programs for another processor than arm64: CC must name a compiler for it, or nothing',
  );
});

test('CC names the compiler, with its first arguments', async () => {
  process.env.CC = 'cc -Werror';
  await expect(compile('chosen')).resolves.toContain('chosen');
  process.env.CC = 'no-such-compiler -O1';
  await expect(compile('none')).rejects.toThrow(
    "no-such-compiler is not installed; Debian's package gcc has cc; Verity.Tool=dmsetup needs no compiler",
  );
});
