/** Runs that are interrupted, and runs at once: the output is the old one or the new one, whole. */
import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeEach, expect, test } from '@jest/globals';

const cli = new URL('../../dist/cli.js', import.meta.url).pathname;
const work = mkdtempSync(join(tmpdir(), 'bootrelay-test-'));
afterAll(() => rmSync(work, { recursive: true }));
const output = join(work, 'out');

beforeEach(() => {
  rmSync(output, { recursive: true, force: true });
  writeFileSync(join(work, 'p.ini'), '[Usr]\nDevice=PARTLABEL=USR-A\n');
});

const args = (timeout: number) => [
  cli,
  'render',
  'p.ini',
  '-o',
  'out',
  '--set',
  `Devices.Timeout=${timeout}s`,
];

/** A run that can be interrupted; `ended` is its exit code, or the signal. */
function start(timeout: number, env: NodeJS.ProcessEnv = {}) {
  const child = spawn('node', args(timeout), { cwd: work, stdio: 'ignore', env: { ...process.env, ...env } });
  const ended = new Promise((resolve) => child.on('exit', (code, signal) => resolve(signal ?? code)));
  return { child, ended };
}

/** All files of a tree with what is in them. */
function contents(directory: string): string {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name).slice(directory.length))
    .sort()
    .map((name) => `${name}\n${readFileSync(join(directory, name), 'utf8')}`)
    .join('\0');
}

/** What the output is with each of the time limits, by itself. */
function expectedContents(timeouts: readonly number[]): readonly string[] {
  return timeouts.map((timeout) => {
    expect(spawnSync('node', args(timeout), { cwd: work }).status).toBe(0);
    return contents(join(output, 'p'));
  });
}

test('killed at any moment, the old output is there or the new one', async () => {
  const [old = '', fresh = ''] = expectedContents([11, 22]);
  const begin = performance.now();
  await start(11).ended;
  const usual = performance.now() - begin;
  for (let round = 0; round < 16; round += 1) {
    const { child, ended } = start(round % 2 === 0 ? 22 : 11);
    await sleep(usual * (0.4 + round * 0.07));
    child.kill('SIGKILL');
    await ended;
    // perl, which exchanges the two, outlives it by a moment.
    await sleep(200);
    const now = contents(join(output, 'p'));
    expect([old, fresh].indexOf(now)).not.toBe(-1);
  }
  expect(await start(11).ended).toBe(0);
  expect(contents(join(output, 'p'))).toBe(old);
});

test('interrupted, it leaves nothing beside the output, and says so by its exit code', async () => {
  expectedContents([11]);
  for (const delay of [90, 110, 130, 150]) {
    const { child, ended } = start(22);
    await sleep(delay);
    child.kill('SIGINT');
    expect(['SIGINT', 130, 0]).toContain(await ended);
    expect(readdirSync(output)).toEqual(['p']);
  }
});

test('two runs at once do not mix', async () => {
  const possible = expectedContents([11, 22]);
  for (let round = 0; round < 6; round += 1) {
    if (round % 2 === 0) rmSync(output, { recursive: true, force: true });
    const results = await Promise.all([start(11).ended, start(22).ended]);
    expect(results).toEqual([0, 0]);
    expect(possible).toContain(contents(join(output, 'p')));
    expect(readdirSync(output)).toEqual(['p']);
  }
});

test('where directories cannot be exchanged they are renamed one behind the other', async () => {
  const [, fresh = ''] = expectedContents([11, 22]);
  expectedContents([11]);
  const tools = join(work, 'no-perl');
  mkdirSync(tools, { recursive: true });
  writeFileSync(join(tools, 'perl'), '#!/bin/sh\nexit 1\n', { mode: 0o755 });
  expect(await start(22, { PATH: `${tools}:${process.env.PATH}` }).ended).toBe(0);
  expect(contents(join(output, 'p'))).toBe(fresh);
  expect(readdirSync(output)).toEqual(['p']);
  // Two runs at once end well too.
  const env = { PATH: `${tools}:${process.env.PATH}` };
  expect(await Promise.all([start(22, env).ended, start(22, env).ended])).toEqual([0, 0]);
  expect(contents(join(output, 'p'))).toBe(fresh);
  expect(readdirSync(output)).toEqual(['p']);
});
