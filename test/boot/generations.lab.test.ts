/** Generations of one system, as NixOS has them: three entries, two images beside each other, each found by its root hash. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import { imageFormatOf } from '../../src/config/image-format.ts';
import { packFullInitrd } from '../../src/pack/pack.ts';
import { configure } from '../config/platform-files.ts';
import { newcArchive } from '../initrd/newc-archive.ts';
import { openLab } from '../lab/lab.ts';
import { boot } from './boots.ts';

const lab = openLab();
const work = mkdtempSync(join(lab.shared, 'generations-'));
afterAll(() => rmSync(work, { recursive: true }));

/** An image of the probe with a file of its own, called after its root hash. */
async function packGeneration(name: string) {
  const initrd = join(work, `${name}.cpio`);
  const own = newcArchive([{ name: `etc/generation-of-${name}`, mode: 0o100644, data: name }]);
  writeFileSync(initrd, Buffer.concat([readFileSync(join(lab.shared, 'probe.cpio')), own]));
  const output = join(work, `${name}.img`);
  const format = imageFormatOf(configure().settings);
  const { rootHash = '' } = await packFullInitrd({ initrd, format, output, sealed: true, work });
  return { output, path: `/bootrelay/${rootHash}.img`, rootHash };
}

test('three generations with two images each start the image that they were built for', async () => {
  const [old, fresh] = [await packGeneration('old'), await packGeneration('new')];
  expect(old.rootHash).not.toBe(fresh.rootHash);
  const both = { [old.path]: old.output, [fresh.path]: fresh.output };
  for (const [generation, image] of [old, old, fresh].entries()) {
    const result = await boot({
      ...{ full: 'probe', usr: 'erofs', machine: 'uml-new', goal: 'hand-over' },
      form: generation === 1 ? 'systemd' : 'shell',
      settings: [
        ...[
          'FullInitrd.Host=partition',
          'FullInitrd.HostDevice=PARTLABEL=BOOT',
          'FullInitrd.HostFileSystem=ext4',
        ],
        ...['Verity.Name=image', 'Verity.RootHash=image', `FullInitrd.Image=${image.path}`],
      ],
      host: { image: image.output, others: both },
    });
    expect(result.seen.failure).toBeUndefined();
    expect(result.seen.checked).toMatch(new RegExp(` with root hash ${image.rootHash}$`));
  }
}, 120_000);
