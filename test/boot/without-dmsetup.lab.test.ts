/** dracut's initrd that knows nothing of bootrelay, without dmsetup and its rules: prepare.ts packs it as squashfs. */
import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { boot } from './boots.ts';

test('a full initrd without dmsetup checks /usr by the program that pack added, and starts the system', async () => {
  const result = await boot({
    ...{ full: 'dracut', image: 'squashfs', usr: 'erofs', goal: 'multi-user', machine: 'uml-new' },
    timeout: 280,
  });
  expect(result.verdict.facts.filter(({ ok }) => !ok)).toEqual([]);
  expect(readFileSync(result.log, 'latin1')).toContain(
    `check-usr: /sysusr/usr is /dev/mapper/usr with root hash ${result.rootHash}`,
  );
});
