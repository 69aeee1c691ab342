import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type Driver, formatDrivers } from '../../src/minimal/drivers.ts';
import type { Kernel } from '../../src/sysroot/kernel.ts';
import { quotePattern } from '../../src/text/quote.ts';
import { runProgram, shells } from '../render/shells.ts';

const kernel = { version: '6.12' } as Kernel;

function driver(
  aliases: readonly string[],
  modules: readonly string[],
  after: readonly string[] = [],
): Driver {
  const sources = (files: readonly string[]) => files.map((file) => ({ file, source: `/x/${file}.xz` }));
  return { aliases, modules: sources(modules), after: sources(after) };
}

describe.each(shells)('%s', (_, shell) => {
  const load = (text: string, alias: string) =>
    runProgram([...shell, '-s', alias], `load() { echo "$*"; }\n${text}load_drivers_of "$1"\n`);

  test('loads all drivers of a device, each between what comes before and behind it', () => {
    const drivers = [
      driver(['pci:v*bc01sc06i01*', 'pci:v1*'], ['libata.ko', 'ahci.ko']),
      driver(['pci:v00001af4d*'], ['other.ko'], ['behind.ko']),
      driver(['usb:v*'], ['third.ko']),
    ];
    const text = formatDrivers(drivers, kernel);
    const alias = 'pci:v00001af4d0000bc01sc06i01';
    expect(load(text, alias)).toEqual({
      status: 0,
      stdout: 'libata.ko ahci.ko\nother.ko\nbehind.ko\n',
      stderr: '',
    });
    expect(load(formatDrivers([], kernel), alias)).toEqual({ status: 0, stdout: '', stderr: '' });
  });

  test('a pattern of any characters matches itself and cannot become code', () => {
    const strange = fc.stringMatching(/^[ -Z^-~]{1,30}$/).filter((text) => !/[\s*?[\]\\]/.test(text));
    fc.assert(
      fc.property(strange, (name) => {
        const text = formatDrivers([driver([`of:N${name}*`], ['a.ko'])], kernel);
        expect(load(text, `of:N${name}Tail`)).toEqual({ status: 0, stdout: 'a.ko\n', stderr: '' });
      }),
      { numRuns: 100 },
    );
  });
});

test('white space and control characters are in no pattern', () => {
  for (const pattern of ['a b', 'a\nb', 'a\u0000b']) expect(() => quotePattern(pattern)).toThrow(/modalias/);
});
