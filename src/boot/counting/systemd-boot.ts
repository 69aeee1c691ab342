/** systemd-boot counts in the names of UKIs: systemd-boot(7), Automatic Boot Assessment. */
import { basename } from 'node:path';
import { filesToLoad, loaderFiles } from '../loader.ts';
import { type CountingLoader, tries } from './counting-loader.ts';

/** UKIs by the names that they have once they are good; the one with the higher version is the default. */
const entries = { A: 'bootrelay_1.efi', B: 'bootrelay_2.efi' } as const;
const badB = `${basename(entries.B, '.efi')}+0-${tries}.efi`;

export const systemdBoot: CountingLoader = {
  async makeEsp(a, b) {
    const ukiA = await filesToLoad('uki', basename(entries.A, '.efi'), a);
    const ukiB = await filesToLoad('uki', `${basename(entries.B, '.efi')}+${tries}`, b);
    return { ...(await loaderFiles(a.config, a)).esp, ...ukiA.esp, ...ukiB.esp };
  },
  bad: { key: 'entry', value: badB, statement: `the entry of slot B is marked bad: ${badB}` },
};
