import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import { resolveInSysroot } from '../../src/sysroot/paths.ts';

const root = mkdtempSync(join(tmpdir(), 'bootrelay-test-'));
afterAll(() => rmSync(root, { recursive: true }));

mkdirSync(join(root, 'usr/bin'), { recursive: true });
mkdirSync(join(root, 'etc'));
writeFileSync(join(root, 'usr/bin/tool'), '');
symlinkSync('usr/bin', join(root, 'bin'));
symlinkSync('/usr/bin/tool', join(root, 'etc/absolute'));
symlinkSync('../../../../../etc/passwd', join(root, 'etc/climbing'));
symlinkSync('loop', join(root, 'etc/loop'));

test.each([
  ['/usr/bin/tool', '/usr/bin/tool'],
  ['/bin/tool', '/usr/bin/tool'],
  ['/etc/absolute', '/usr/bin/tool'],
  ['/../../usr/./bin', '/usr/bin'],
  ['/etc/climbing', undefined],
  ['/etc/loop', undefined],
  ['/nothing', undefined],
])('%s is %j', (path, resolved) => {
  expect(resolveInSysroot(root, path)).toBe(resolved);
});
