import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { createProgress } from '../../src/host/progress.ts';

beforeEach(() => {
  jest.useFakeTimers();
});
afterEach(() => {
  jest.useRealTimers();
});

/** A terminal, and what is on it: each line as it was last written. */
function terminal(isTTY = true, columns = 40) {
  let screen = '';
  const write = (text: string) => {
    for (const piece of text.split(/(?<=\n)|(?=\r)/))
      screen = piece.startsWith('\r') ? screen.replace(/[^\n]*$/, '') + piece.slice(4) : screen + piece;
    return true;
  };
  const stream = { isTTY, columns, write } as unknown as NodeJS.WriteStream;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: colours
  return { stream, screen: () => screen.replaceAll(/\u001b\[\d+m/g, '') };
}

test('the time that passed is shown while a step runs, and what it took afterwards', () => {
  const { stream, screen } = terminal();
  const progress = createProgress(false, stream);
  progress.begin('packing');
  expect(screen()).toBe('packing ...');
  jest.advanceTimersByTime(2000);
  expect(screen()).toBe('packing ... 2 s');
  progress.note('half of it');
  expect(screen()).toBe('half of it\npacking ... 2 s');
  jest.advanceTimersByTime(500);
  progress.begin('booting');
  expect(screen()).toBe('half of it\n  packing: 2.5 s\nbooting ...');
  progress.end();
  expect(screen()).toBe('half of it\n  packing: 2.5 s\n  booting: 0.0 s\n');
});

test('a line does not grow beyond the terminal', () => {
  const { stream, screen } = terminal(true, 20);
  createProgress(false, stream).begin('reading a file with a long name');
  expect(screen()).toBe('reading a file with');
});

test.each([
  ['into a file', false, false],
  ['with --json', true, true],
])('%s nothing is shown', (_, isTTY, silent) => {
  const { stream, screen } = terminal(isTTY);
  const progress = createProgress(silent, stream);
  progress.begin('packing');
  progress.note('half of it');
  progress.end();
  expect(screen()).toBe('');
});
