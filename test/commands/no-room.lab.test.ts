/** In the lab, since it mounts a small disk: that needs root. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';

test('with no room on the disk the old output stays, and the exit code says so', () => {
  const script = `set -e
    mount -t tmpfs -o size=200k tmpfs "$1"
    cd "$1"
    printf '[Usr]\\nDevice=PARTLABEL=USR-A\\n' > p.ini
    node "$2" render p.ini -o out > /dev/null
    sha256sum $(find out -type f | sort) > before
    dd if=/dev/zero of=filler bs=1k 2> /dev/null || true
    code=0; node "$2" render p.ini -o out --set Devices.Timeout=7s || code=$?
    sha256sum --quiet -c before && echo "exit code $code, $(ls -A out | tr '\\n' ' ')"`;
  const directory = mkdtempSync(join(tmpdir(), 'bootrelay-full-'));
  const cli = new URL('../../dist/cli.js', import.meta.url).pathname;
  const { stdout, stderr } = spawnSync('unshare', ['--mount', 'sh', '-c', script, 'sh', directory, cli], {
    encoding: 'utf8',
  });
  expect(stdout).toBe('exit code 2, p \n');
  expect(stderr).toMatch(/^bootrelay: ENOSPC: no space left on device/m);
  rmSync(directory, { recursive: true });
});
