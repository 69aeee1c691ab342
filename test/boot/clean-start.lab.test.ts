/** What the init of the full initrd is started with: nothing that the kernel made of words of its command line. */
import { expect, test } from '@jest/globals';
import { boot, reported } from './boots.ts';

const hostile = 'LD_PRELOAD=/x FOO=bar word single -x PATH=/nowhere systemd.setenv=A=b';

test.each([
  // PWD and SHLVL are what a shell sets itself.
  ['shell', 'HOME=/ PATH=/usr/sbin:/usr/bin PWD=/ SHLVL=1 TERM=linux '],
  ['systemd', 'HOME=/ TERM=linux '],
] as const)('%s: its environment and its arguments', async (form, environment) => {
  const machine = 'uml-new';
  const result = await boot({
    ...{ full: 'probe', goal: 'multi-user', image: 'erofs', usr: 'erofs' },
    ...{ form, machine, append: hostile },
  });
  expect(reported(result, 'environment')).toEqual([environment]);
  expect(reported(result, 'arguments')).toEqual(['/bin/sh /init ']);
});
