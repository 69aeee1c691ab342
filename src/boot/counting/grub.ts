/** GRUB counts by commands in its configuration, in its environment block: loadenv, "Environment block" of its manual. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { EspFiles } from '../../disk/esp.ts';
import { renderTemplate } from '../../render/templates.ts';
import { grubImageArgs } from '../../tools/grub.ts';
import { run } from '../../tools/run.ts';
import { efiArchitectures } from '../../tools/ukify.ts';
import type { LoadedSystem } from '../loader.ts';
import { type CountingLoader, tries } from './counting-loader.ts';

/** Bytes of an environment block. */
const blockSize = 1024;

export const grub: CountingLoader = {
  async makeEsp(a, b) {
    const architecture = a.config.settings.Platform.Architecture;
    const loader = join(a.work, 'grub.efi');
    await run(grubImageArgs(architecture, loader));
    const configuration = join(a.work, 'grub.cfg');
    const slots = [
      { name: 'A', words: a.commandLine.split(' ') },
      { name: 'B', words: b.commandLine.split(' ') },
    ];
    writeFileSync(configuration, renderTemplate('templates/boot/grub.cfg', { slots }));
    const environment = join(a.work, 'grubenv');
    const block = `# GRUB Environment Block\nboot_counter=${tries}\nboot_success=0\n`;
    writeFileSync(environment, block.padEnd(blockSize, '#'));
    return {
      [`/EFI/BOOT/BOOT${efiArchitectures[architecture].toUpperCase()}.EFI`]: loader,
      '/grub/grub.cfg': configuration,
      '/grub/grubenv': environment,
      ...kernelOf('A', a),
      ...kernelOf('B', b),
    };
  },
  bad: { key: 'grubenv', value: 'boot_counter=0', statement: 'slot B has no tries left: boot_counter=0' },
};

function kernelOf(slot: string, { kernelImage, initrd }: LoadedSystem): EspFiles {
  return { [`/bootrelay/${slot}/linux`]: kernelImage, [`/bootrelay/${slot}/initrd`]: initrd };
}
