/** No program sees of the caller's environment what would change its bytes. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, expect, test } from '@jest/globals';
import { environmentOf } from '../../src/tools/environment.ts';
import { exchangeDirectories } from '../../src/tools/exchange.ts';
import { run } from '../../src/tools/run.ts';
import { hostileEnvironment } from './hostile-environment.ts';

const work = mkdtempSync(join(tmpdir(), 'bootrelay-environment-'));
afterAll(() => rmSync(work, { recursive: true }));

const before = { ...process.env };
afterEach(() => {
  for (const name of Object.keys(process.env)) if (!(name in before)) delete process.env[name];
  Object.assign(process.env, before);
});

test('a program gets where programs are, the locale and a place for its files, and nothing else', async () => {
  Object.assign(process.env, hostileEnvironment);
  const seen = (await run({ program: 'perl', args: ['-e', 'print join "\\n", sort keys %ENV'] })).split('\n');
  expect(seen).toEqual(['LC_ALL', 'PATH', 'TMPDIR']);
});

test('what a command itself says is added', async () => {
  const command = { program: 'perl', args: ['-e', 'print $ENV{TZ}'], env: { TZ: 'UTC0' } } as const;
  expect(await run(command)).toBe('UTC0');
});

test('git keeps which repository it is and its configuration; a compiler its cache; neither more', () => {
  Object.assign(process.env, hostileEnvironment, {
    ...{ HOME: '/home', GIT_DIR: '/repository', GIT_CONFIG_COUNT: '0', GIT_TRACE: '1', CCACHE_DIR: '/cache' },
  });
  expect(Object.keys(environmentOf('git')).sort()).toEqual(
    ['GIT_CONFIG_COUNT', 'GIT_DIR', 'HOME', 'LC_ALL', 'PATH', 'TMPDIR'].concat(
      Object.keys(before).filter((name) => name === 'SSH_AUTH_SOCK' || name === 'XDG_CONFIG_HOME'),
    ),
  );
  expect(Object.keys(environmentOf('cc'))).toEqual(expect.arrayContaining(['CCACHE_DIR', 'HOME']));
  expect(Object.keys(environmentOf('cc'))).not.toContain('CPATH');
});

test.each([
  [{ program: 'gzip', args: ['--stdout', '--no-name'] }],
  [{ program: 'xz', args: ['--stdout'] }],
  [{ program: 'zstd', args: ['--stdout', '--quiet', '--single-thread'] }],
  [{ program: 'bsdtar', args: ['-cf', '-', '@-'] }],
] as const)('$program gives the same bytes', async (command) => {
  const input = join(work, 'input.mtree');
  writeFileSync(input, '#mtree\n./a type=dir mode=0755 uid=0 gid=0 time=0\n'.repeat(50));
  const output = join(work, 'output');
  const bytes = async () => {
    await run(command, { inputFile: input, outputFile: output });
    return readFileSync(output).toString('hex');
  };
  const plain = await bytes();
  Object.assign(process.env, hostileEnvironment);
  expect(await bytes()).toBe(plain);
});

test('directories are exchanged whatever perl is told', () => {
  Object.assign(process.env, hostileEnvironment);
  const [left, right] = [mkdtempSync(join(work, 'l')), mkdtempSync(join(work, 'r'))];
  writeFileSync(join(left, 'file'), 'left');
  expect(exchangeDirectories(left, right)).toBe(true);
  expect(readFileSync(join(right, 'file'), 'utf8')).toBe('left');
});
