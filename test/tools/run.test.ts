import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, expect, test } from '@jest/globals';
import { ToolError } from '../../src/errors.ts';
import { findProgram, toolsTreeVariable } from '../../src/tools/programs.ts';
import { formatCommand, requireVersion, run, runPipeline, versionOf } from '../../src/tools/run.ts';

const work = mkdtempSync(join(tmpdir(), 'bootrelay-test-'));
afterAll(() => rmSync(work, { recursive: true }));
afterEach(() => {
  delete process.env[toolsTreeVariable];
});

test('a failure tells the command, the exit code and the last words', async () => {
  const failing = run({ program: 'cp', args: ['--', '/no such file', work] });
  await expect(failing).rejects.toThrow(ToolError);
  await expect(failing).rejects.toThrow(
    /cp ended with exit code 1:\n {4}cp -- '\/no such file' .*\n {4}\| .*No such file/,
  );
});

test('output goes to a file, input comes from a part of one', async () => {
  const input = join(work, 'input');
  const output = join(work, 'output');
  writeFileSync(input, 'before|middle|after');
  await run(
    { program: 'dd', args: ['status=none'] },
    { inputFile: input, inputRange: { start: 7, end: 13 }, outputFile: output },
  );
  expect(readFileSync(output, 'utf8')).toBe('middle');
});

test('output to a file may be larger than what is kept in memory', async () => {
  const output = join(work, 'large');
  await run(
    { program: 'dd', args: ['status=none', 'if=/dev/zero', 'bs=1M', 'count=70'] },
    { outputFile: output },
  );
  expect(statSync(output).size).toBe(70 * 1024 * 1024);
});

test('a pipeline gives the last output', async () => {
  const input = join(work, 'plain');
  writeFileSync(input, 'x'.repeat(100_000));
  const output = await runPipeline(
    [
      { program: 'gzip', args: ['--stdout'] },
      { program: 'gzip', args: ['--decompress', '--stdout'] },
    ],
    { inputFile: input },
  );
  expect(output).toHaveLength(100_000);
});

test('a pipeline whose last command fails ends, and names it', async () => {
  const endless = { program: 'dd' as const, args: ['if=/dev/zero', 'bs=65536', 'status=none'] };
  const failing = runPipeline([endless, { program: 'gzip', args: ['--no-such-option'] }]);
  await expect(failing).rejects.toThrow(/gzip ended with exit code 1/);
});

test('a command that does not end is ended', async () => {
  const endless = run({ program: 'dd', args: ['if=/dev/zero', 'of=/dev/null'] }, { timeout: 200 });
  await expect(endless).rejects.toThrow(/dd did not end in time/);
});

test('a missing program is named with its package', () => {
  expect(() => findProgram('sqfstar', ['/nowhere'])).toThrow(
    "sqfstar is not installed; Debian's package squashfs-tools has it",
  );
});

test('a version is read, and one that is too old is refused', async () => {
  expect(await versionOf('gzip')).toMatch(/^\d+\.\d+/);
  await expect(requireVersion('gzip', '1.2', 'x')).resolves.toBeUndefined();
  await expect(requireVersion('gzip', '999', 'get a newer one')).rejects.toThrow(
    /too old: 999.*get a newer one/,
  );
});

test('programs of a tools tree go first and run with its own loader and libraries', () => {
  const tree = join(work, 'tree');
  for (const directory of ['usr/bin', 'usr/lib64', 'usr/lib/x86_64-linux-gnu']) {
    mkdirSync(join(tree, directory), { recursive: true });
  }
  for (const file of ['usr/bin/zstd', 'usr/lib64/ld-linux-x86-64.so.2']) {
    writeFileSync(join(tree, file), '');
    chmodSync(join(tree, file), 0o755);
  }
  process.env[toolsTreeVariable] = tree;
  expect(findProgram('zstd')).toEqual({
    file: join(tree, 'usr/lib64/ld-linux-x86-64.so.2'),
    prefix: [
      '--library-path',
      `${tree}/usr/lib/x86_64-linux-gnu:${tree}/usr/lib64:${tree}/usr/lib`,
      join(tree, 'usr/bin/zstd'),
    ],
  });
  expect(findProgram('gzip').prefix).toEqual([]);
});

test('a command is shown as one can paste it', () => {
  const command = { program: 'cp' as const, args: ['a b', "it's", '', 'plain'], env: { LANG: 'C x' } };
  expect(formatCommand(command)).toBe(`LANG='C x' cp 'a b' 'it'\\''s' "" plain`);
});
