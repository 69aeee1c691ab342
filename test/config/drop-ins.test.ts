/** The drop-ins that come along: each is one of a shipped platform, which it changes without a finding. */
import { readdirSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { expect, test } from '@jest/globals';
import { load } from './platform-files.ts';

const shipped = (name: string) => readFileSync(new URL(`../../platforms/${name}`, import.meta.url), 'utf8');
const names = readdirSync(new URL('../../platforms/drop-ins', import.meta.url));

test.each(names)('%s names its platform, and adds to what that has', (name) => {
  const text = shipped(`drop-ins/${name}`);
  const platform = /[\w-]+\.ini(?=\.d\/)/.exec(text)?.[0] ?? '';
  const files = { 'base.ini': shipped('base.ini'), [platform]: shipped(platform) };
  const before = load(files, platform);
  const after = load({ ...files, [`${platform}.d/${basename(name)}`]: text }, platform);
  expect(after.findings).toEqual(before.findings);
  const directories = (loaded: typeof before) => loaded.config?.settings.Modules.ModuleDirectories ?? [];
  expect(directories(after).slice(0, directories(before).length)).toEqual(directories(before));
  expect(directories(after).length).toBeGreaterThan(directories(before).length);
});
