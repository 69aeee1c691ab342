/** Live systems: /usr is a file in an archive behind the initrd, and further archives bring what they like. */
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { openLab, sharedUsr } from '../lab/lab.ts';
import { type BootResult, boot, makeExtraCpio, reported, type TestBoot } from './boots.ts';

const image = '/usr.live';
const carried = ['/.extra', '/oem', '/usr/share/oem:/oem'].map((path) => `FullInitrd.CarryOver=${path}`);
const settings = [`Usr.LiveImage=${image}`, ...carried];
const unverified = [...settings, 'Usr.LiveVerity=optional'];
const forms = ['shell', 'systemd'] as const;

const live = { machine: 'uml-new', full: 'probe', goal: 'multi-user', usr: 'erofs', live: image } as const;

/** Boots without a root hash. */
const withoutRootHash: TestBoot['fault'] = {
  what: 'the kernel command line has no root hash',
  commandLine: (sound) => sound.replace(/usrhash=\S+/, ''),
  expected: { handOver: 'verified' },
};

/** MiB that nobody else can have. */
function memoryInUse(result: BootResult): number {
  const of = (key: string) =>
    Number(
      reported(result, 'memory')
        .find((line) => line.startsWith(key))
        ?.split(' ')[1],
    );
  return (of('MemTotal') - of('MemAvailable')) / 1024;
}

const mountOf = (result: BootResult) =>
  reported(result, 'mount').find((mount) => mount.startsWith('/sysusr/usr '));

describe.each(forms)('%s', (form) => {
  test('verified: in memory once, and what two archives bring reaches the full initrd', async () => {
    const extraCpio = await makeExtraCpio({ '/oem/a': 'plain', '/usr/share/oem/b': 'renamed' }, 0o644);
    const result = await boot({ ...live, form, settings, extraCpio });
    expect(result.seen.failure).toBeUndefined();
    expect(mountOf(result)).toMatch(/^\/sysusr\/usr erofs \/dev\/mapper\/usr ro/);
    expect(result.seen.checked).toBe(`/sysusr/usr is /dev/mapper/usr with root hash ${result.rootHash}`);
    expect(reported(result, 'extra')).toEqual(['/oem/a 644 0 plain', '/oem/b 644 0 renamed']);
    expect(reported(result, 'loop')).toContainEqual(expect.stringMatching(/^\/usr\.live \(deleted\) /));
    expect(reported(result, 'handover')).toEqual(
      expect.arrayContaining([
        'USR_DEVICE=/dev/loop0',
        `LIVE_IMAGE=${image}`,
        `ROOT_HASH=${result.rootHash}`,
      ]),
    );
    const size = statSync(join(openLab().shared, sharedUsr.erofs)).size / 1024 ** 2;
    const used = memoryInUse(result);
    console.info(`live, ${form}: ${used.toFixed(0)} MiB in use, of which the image has ${size.toFixed(0)}`);
    expect(used).toBeGreaterThan(size);
    expect(used).toBeLessThan(1.5 * size);
  });

  test('without a root hash, where the platform allows it', async () => {
    const result = await boot({ ...live, form, settings: unverified, fault: withoutRootHash });
    expect(result.seen.failure).toBeUndefined();
    expect(mountOf(result)).toMatch(/^\/sysusr\/usr erofs \/dev\/loop0 ro/);
    expect(readFileSync(result.log, 'latin1')).toContain(`${image} is not verified: there is no root hash`);
    const handover = reported(result, 'handover');
    expect(handover).toEqual(expect.arrayContaining(['USR_DEVICE=/dev/loop0', `LIVE_IMAGE=${image}`]));
    expect(handover.filter((line) => /^(ROOT_HASH|VERITY_NAME)=/.test(line))).toEqual([]);
  });

  test('with a root hash it is verified there too', async () => {
    const result = await boot({ ...live, form, settings: unverified });
    expect(result.seen.failure).toBeUndefined();
    expect(mountOf(result)).toMatch(/^\/sysusr\/usr erofs \/dev\/mapper\/usr ro/);
    expect(result.seen.checked).toBe(`/sysusr/usr is /dev/mapper/usr with root hash ${result.rootHash}`);
  });

  test('an archive that replaces a program of stage 1 ends the boot', async () => {
    // One of them is what makes the verity device in this form.
    const hostile = { '/usr/bin/dm-create': '#!/bin/sh\n', '/usr/sbin/dmsetup': '#!/bin/sh\n' };
    const extraCpio = await makeExtraCpio({ '/oem/a': 'x', ...hostile }, 0o755);
    const result = await boot({ ...live, form, settings, extraCpio });
    expect(result.seen.failure).toMatch(
      /^find-live-usr failed: initrd-changed: not as built: \/usr\/(bin\/dm-create|sbin\/dmsetup): FAILED/,
    );
  });
});
