import { createHash } from 'node:crypto';
import { expect, test } from '@jest/globals';
import { boot, makeExtraCpio, reported, type TestBoot } from './boots.ts';

/** PCR 11 after these words, each extended once: systemd-pcrphase.service(8). */
function measured(...words: readonly string[]): string {
  const sha256 = (...parts: readonly (Buffer | string)[]) =>
    parts.reduce((hash, part) => hash.update(part), createHash('sha256')).digest();
  return words
    .reduce((pcr, word) => sha256(pcr, sha256(word)), Buffer.alloc(32))
    .toString('hex')
    .toUpperCase();
}

/** The kernel passes the first on to PID 1, PID 1 the second to its services: measure without systemd-stub too. */
const measure = 'SYSTEMD_FORCE_MEASURE=1 systemd.setenv=SYSTEMD_FORCE_MEASURE=1';

/**
 * Stage 1 hands no variable of the kernel on, so the condition of the services is taken away instead: credentials bring drop-ins
 * (systemd-debug-generator(8)).
 */
const unconditionally = ['systemd-pcrphase-initrd', 'systemd-pcrphase-sysinit', 'systemd-pcrphase']
  .map((name) => {
    const dropIn = Buffer.from('[Unit]\nConditionSecurity=\n').toString('base64');
    return `systemd.set_credential_binary=systemd.unit-dropin.${name}.service:${dropIn}`;
  })
  .concat(measure)
  .join(' ');

const ways: readonly (readonly [string, Partial<TestBoot> & Pick<TestBoot, 'full'>])[] = [
  ['one stage', { full: 'monolithic', append: `${measure} mount.usr=PARTLABEL=USR-A mount.usrfstype=erofs` }],
  ['shell, then the full initrd', { full: 'dracut', append: unconditionally }],
  ['systemd, then the full initrd', { full: 'dracut', form: 'systemd', append: unconditionally }],
];

test.each(ways)('%s: the phases of the boot are measured once, credentials arrive', async (_, way) => {
  const extraCpio = await makeExtraCpio({ '/.extra/credentials/lab.cred': 'carried' });
  const result = await boot({
    goal: 'multi-user',
    image: 'erofs',
    usr: 'erofs',
    tpm: true,
    extraCpio,
    ...way,
  });
  expect(reported(result, 'pcr-11')).toEqual([measured('enter-initrd', 'leave-initrd', 'sysinit', 'ready')]);
  const credentials = reported(result, 'credential').filter((name) => !name.startsWith('@system/'));
  expect(credentials).toEqual([expect.stringMatching(/^@encrypted\/lab\S* carried$/)]);
  expect(reported(result, 'failed-unit')).toEqual([]);
});
