import { text } from 'node:stream/consumers';
import { expect, test } from '@jest/globals';
import { runSync } from '../../src/tools/run-sync.ts';
import { start } from '../../src/tools/start.ts';

test('a started program is given its input and shows its output as it comes, and ends when it is ended', async () => {
  const echo = start({ program: 'dd', args: ['status=none', 'bs=512'] }, { input: true });
  const shown = new Promise((resolve) => echo.output.once('data', resolve));
  echo.write('typed\n');
  expect(String(await shown)).toBe('typed\n');
  echo.kill();
  expect((await echo.ended).exitCode).toBeUndefined();
});

test('without input it has none; what it says when it fails is kept', async () => {
  const nothing = start({ program: 'dd', args: ['status=none'] });
  expect(await text(nothing.output)).toBe('');
  const { exitCode, stderr } = await start({ program: 'dd', args: ['if=/none'] }).ended;
  expect({ exitCode, stderr }).toEqual({ exitCode: 1, stderr: expect.stringContaining('/none') });
});

test('a program whose answer is waited for', () => {
  expect(runSync({ program: 'dd', args: ['status=none'] }, 'input').stdout.toString()).toBe('input');
  const { failed, words } = runSync({ program: 'dd', args: ['if=/none'] });
  expect({ failed, words }).toEqual({ failed: true, words: expect.stringContaining('/none') });
});
