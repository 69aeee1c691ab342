import { expect, test } from '@jest/globals';
import { type Finding, finding } from '../../src/findings.ts';
import { formatGithub, formatSarif } from '../../src/review/format-findings.ts';

const origin = { file: 'platforms/a, b.ini', line: 3 };
const findings: readonly Finding[] = [
  finding('unknown-key', '100% wrong: [Usr] has no setting Devise', {
    setting: 'Usr.Devise',
    origin,
    hint: 'did you mean Device=?',
  }),
  finding('root-hash-unprotected', 'a note'),
];

test('annotations of GitHub Actions', () => {
  expect(formatGithub(findings)).toBe(
    '::error file=platforms/a%2C b.ini,line=3,title=unknown-key::Usr.Devise: 100%25 wrong: [Usr] has no setting Devise (hint: did you mean Device=?)\n' +
      '::notice title=root-hash-unprotected::a note\n',
  );
});

test('SARIF', () => {
  const sarif = JSON.parse(formatSarif(findings, '1.2.3'));
  expect(sarif).toMatchObject({
    version: '2.1.0',
    runs: [{ tool: { driver: { name: 'bootrelay', version: '1.2.3' } } }],
  });
  const [run] = sarif.runs;
  expect(run.tool.driver.rules.map(({ id }: { id: string }) => id)).toEqual([
    'unknown-key',
    'root-hash-unprotected',
  ]);
  expect(run.results[0]).toMatchObject({
    ruleId: 'unknown-key',
    level: 'error',
    locations: [
      { physicalLocation: { artifactLocation: { uri: 'platforms/a%2C%20b.ini' }, region: { startLine: 3 } } },
    ],
  });
  expect(run.results[1]).not.toHaveProperty('locations');
});

test('what comes from the command line has no place in a file', () => {
  const [item] = [finding('usr-unverified', 'unverified', { origin: { file: '--set', line: 1 } })];
  expect(formatGithub([item])).toBe('::warning title=usr-unverified::unverified\n');
  expect(JSON.parse(formatSarif([item], '1')).runs[0].results[0]).not.toHaveProperty('locations');
});
