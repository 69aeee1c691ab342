import { expect, test } from '@jest/globals';
import { isSecret, shownValues, withoutSecrets } from '../../src/config/secrets.ts';
import { settingRows } from '../../src/config/settings.ts';
import { configure } from './platform-files.ts';

const hash = `$6$abcdefgh$${'x'.repeat(86)}`;

test('a secret is shown as the same words for the same value, and once more as they are', () => {
  const shown = shownValues('Emergency.PasswordHash', [hash]);
  expect(shown).toEqual([expect.stringMatching(/^\(not shown, [0-9a-f]{8}\)$/)]);
  expect(shownValues('Emergency.PasswordHash', [hash])).toEqual(shown);
  expect(shownValues('Emergency.PasswordHash', shown)).toEqual(shown);
  expect(shownValues('Emergency.PasswordHash', [`${hash.slice(0, -1)}y`])).not.toEqual(shown);
  expect(shownValues('Emergency.Shell', ['password'])).toEqual(['password']);
});

test('what is a hash or a password by its name is secret, and not the name of a credential', () => {
  const suspicious = settingRows.filter(({ key }) =>
    /(password|secret|token|private)(?!credential)/i.test(key),
  );
  expect(suspicious.map(({ name }) => name).filter((name) => !isSecret(name))).toEqual([]);
});

test('no finding names the value of a secret: no setting counts only with one of them', () => {
  const named = settingRows.flatMap(({ setting }) => (setting.onlyWith ?? []).flat());
  expect(named.length).toBeGreaterThan(30);
  expect(named.filter(({ setting }) => isSecret(setting))).toEqual([]);
});

test('no text of the data has a secret in it, wherever it is', () => {
  const config = configure('Emergency.Shell=password', `Emergency.PasswordHash=${hash}`);
  const data = { a: [hash, { b: `root:${hash}:1` }], size: 5, missing: undefined };
  const text = JSON.stringify(withoutSecrets(data, config));
  expect(text).not.toContain(hash);
  expect(text).toMatch(/^\{"a":\["\(not shown, .*\)",\{"b":"root:\(not shown, .*\):1"\}\],"size":5\}$/);
});
