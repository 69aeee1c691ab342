import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, expect, test } from '@jest/globals';
import { compileOwnProgram } from '../../src/minimal/own-programs.ts';

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

test.each([
  [[], 'usage: '],
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
