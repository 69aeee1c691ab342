/** Any platform file is refused with findings, or planned and rendered: no crash, and no output in part. FUZZ_RUNS says how many. */
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { settingRows } from '../../src/config/settings.ts';
import { hasErrors } from '../../src/findings.ts';
import { planBoot } from '../../src/plan/plan.ts';
import { renderPlatform } from '../../src/render/platform.ts';
import { load } from './platform-files.ts';
import { plausibleValues, valuesTaken } from './plausible-values.ts';

const runs = Number(process.env.FUZZ_RUNS ?? 3000);

/** Settings mostly with a value of their kind, so that most platforms come as far as rendering. */
const assignment = fc
  .constantFrom(...settingRows.filter(({ name }) => name !== 'Platform.Extends'))
  .chain((row) => {
    const { section, key } = row;
    const taken = valuesTaken(row);
    const value = fc.oneof(
      { arbitrary: fc.constantFrom(...(taken.length > 0 ? taken : [''])), weight: 30 },
      { arbitrary: fc.constantFrom(...plausibleValues), weight: 1 },
      { arbitrary: fc.string({ unit: 'grapheme', maxLength: 30 }), weight: 1 },
    );
    return value.map((text) => `[${section}]\n${key}=${text}`);
  });

/** Text that is no platform file. */
const noise = fc.oneof(
  fc.string({ unit: 'grapheme' }),
  fc.constantFrom('[', '=', '[Usr', 'a=b', '\u0000', '\r'),
);

test('any platform is refused with findings, or rendered as a whole', () => {
  let rendered = 0;
  fc.assert(
    fc.property(
      fc.array(assignment, { maxLength: 8 }),
      fc.oneof(
        { arbitrary: fc.constant('[Usr]\nDevice=PARTLABEL=USR-A'), weight: 10 },
        { arbitrary: noise, weight: 1 },
      ),
      (assignments, text) => {
        // A section counts once in a file: each assignment is a drop-in of its own.
        const files = Object.fromEntries(
          assignments.map((text, index) => [`p/test.ini.d/${String(index).padStart(2, '0')}.conf`, text]),
        );
        const { config, findings, files: read } = load({ 'p/test.ini': text, ...files });
        expect(hasErrors(findings)).toBe(config === undefined);
        for (const { message, file = '', line = 0 } of findings) {
          expect(message).not.toMatch(/undefined|\[object|NaN/);
          expect(file === '' || file === '--set' || file.startsWith('p/')).toBe(true);
          expect(line).toBeGreaterThanOrEqual(0);
        }
        if (!config) return;
        const tree = renderPlatform(config, planBoot(config, read));
        rendered += 1;
        expect([...tree.keys()].some((path) => path.startsWith('minimal/'))).toBe(true);
        for (const [path, file] of tree) {
          expect(path).not.toMatch(/(^|\/)\.\.?(\/|$)|^\//);
          if ('text' in file) expect(file.text).not.toMatch(/undefined|\[object|NaN/);
        }
      },
    ),
    { numRuns: runs },
  );
  expect(rendered).toBeGreaterThan(runs / 10);
});
