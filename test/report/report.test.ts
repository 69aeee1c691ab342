/** The page as text: what is in it, and that nothing of the input becomes markup. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { html, idOf } from '../../src/report/html.ts';
import { formatReport } from '../../src/report/report.ts';
import { formatSideBySide } from '../../src/report/side-by-side.ts';
import { compareSides } from '../../src/review/compare.ts';
import { compareTexts } from '../../src/review/compare-texts.ts';
import { sideOfPlatform } from '../../src/review/read-side.ts';
import type { Side } from '../../src/review/side.ts';
import { escapeXml } from '../../src/text/xml.ts';
import { configure, plan } from '../config/platform-files.ts';

const side = (...settings: readonly string[]): Side =>
  sideOfPlatform('test.ini', configure(...settings), plan(...settings));

const report = (fresh: Side, old?: Side) =>
  formatReport({
    side: fresh,
    comparison: old && compareSides(old, fresh),
    measured: undefined,
    findings: [],
  });

const titles = (page: string) => [...page.matchAll(/<h2[^>]*>([^<]*)</g)].map(([, title]) => title);

describe('the page', () => {
  test('has the sections that there is data for', async () => {
    expect(titles(await report(side()))).toEqual(['The boot', 'Settings', 'Files as text']);
    const initrd: Side = { name: 'a.img', kind: 'initrd', files: new Map(), texts: new Map() };
    expect(titles(await report(initrd))).toEqual(['What the initrd is made of', 'Files as text']);
    expect(titles(await report(side('Emergency.Delay=20s'), side()))[0]).toBe('What is different');
  });

  test('loads nothing: no address of the network, and a policy that forbids it', async () => {
    const page = await report(side());
    expect(page).toContain("default-src 'none'");
    const links = [...page.matchAll(/(?:href|src|url)\s*[=(]\s*["']?([^"')\s>]+)/g)].map(([, link]) => link);
    expect(links.filter((link) => !link?.startsWith('#'))).toEqual([]);
  });

  test('shows every step with its reasons, and every setting with its origin', async () => {
    const page = await report(side());
    for (const { name, reasons } of plan().steps) {
      expect(page).toContain(`id="${idOf('step', name)}"`);
      for (const reason of reasons) expect(page).toContain(`<code>${reason}</code>`);
    }
    const named = await report(side('Verity.Name=x'));
    for (const [name, { origin }] of side('Verity.Name=x').settings ?? [])
      expect(named).toMatch(new RegExp(`>${name}</th>.*<td>${origin}</td></tr>`));
  });
});

describe('HTML', () => {
  test('text of others is text in it', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const { text: page } = html`<p title="${text}">${text}</p>`;
        expect(page).toBe(`<p title="${escapeXml(text)}">${escapeXml(text)}</p>`);
        expect(escapeXml(text)).not.toMatch(/[<>"]|&(?!amp;|lt;|gt;|quot;)/);
      }),
    );
  });

  test('two names have two ids, which need no escaping in a link', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'grapheme' }), (left, right) => {
        expect(idOf('x', left) === idOf('x', right)).toBe(left === right);
        expect(idOf('x', left)).toMatch(/^[A-Za-z0-9_-]+$/);
      }),
    );
  });

  test('a description that is markup stays a description', async () => {
    const page = await report(side('Platform.Description=<img src=x onerror=alert(1)> "quoted" & more'));
    expect(page).not.toContain('<img');
    expect(page).toContain('&lt;img src=x onerror=alert(1)&gt;');
  });
});

describe('two texts side by side', () => {
  const rows = (before: string, after: string) => {
    const [change] = compareTexts(new Map([['a', before]]), new Map([['a', after]]));
    const { text } = change ? formatSideBySide(change) : html``;
    return [...text.matchAll(/<tr.*?<\/tr>/g)]
      .slice(1)
      .map(([row]) =>
        [...row.matchAll(/<td[^>]*>(.*?)<\/td>/g)].map(([, cell]) =>
          cell?.replaceAll(/<(?!\/?mark)[^>]*>/g, ''),
        ),
      );
  };

  test('a changed line has its partner and its changed words', () => {
    expect(rows('a\nsleep 10\nc\n', 'a\nsleep 30\nc\n')).toEqual([
      ['1', 'a', '1', 'a'],
      ['2', 'removed: sleep <mark>10</mark>', '2', 'added: sleep <mark>30</mark>'],
      ['3', 'c', '3', 'c'],
    ]);
  });

  test('a new line has an empty place beside it', () => {
    expect(rows('a\n', 'a\nb\n')).toEqual([
      ['1', 'a', '1', 'a'],
      ['', '', '2', 'added: b'],
    ]);
  });

  test('both columns give back the lines of both texts that the patch has', () => {
    const lines = fc.array(fc.constantFrom('a', 'b', '<c>', ' d'), { maxLength: 12 });
    const end = fc.constantFrom('', '\n');
    const asText = (text: string) =>
      text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&quot;', '"').replaceAll('&amp;', '&');
    fc.assert(
      fc.property(lines, lines, end, end, (left, right, leftEnd, rightEnd) => {
        const [before, after] = [left.join('\n') + leftEnd, right.join('\n') + rightEnd];
        const [change] = compareTexts(new Map([['a', before]]), new Map([['a', after]]));
        expect(change === undefined).toBe(before === after);
        if (!change) return;
        const shown = [...formatSideBySide(change).text.matchAll(/<tr.*?<\/tr>/g)]
          .slice(1)
          .map(([row]) =>
            [...row.matchAll(/<td class="(?!line)[^"]*">(.*?)<\/td>/g)].map(([, cell = '']) =>
              /<code>(.*)<\/code>/.exec(cell)?.[1]?.replaceAll(/<\/?mark>/g, ''),
            ),
          );
        const column = (index: number) => shown.flatMap((row) => row[index] ?? []).map(asText);
        const ofPatch = (other: string) =>
          change.patch
            .split('\n')
            .filter((line) => /^[ +-]/.test(line) && !line.startsWith(other))
            .map((line) => line.slice(1));
        expect([column(0), column(1)]).toEqual([ofPatch('+'), ofPatch('-')]);
      }),
    );
  });
});
