/** GRUB counts by commands in its configuration, in its environment block: loadenv, "Environment block" of its manual. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { EspFiles } from '../../disk/esp.ts';
import { UsageError } from '../../errors.ts';
import { renderTemplate } from '../../render/templates.ts';
import { grubImageArgs } from '../../tools/grub.ts';
import { run } from '../../tools/run.ts';
import { defaultLoaderPath } from '../../uki/efi-programs.ts';
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
      { name: 'A', words: wordsOf(a.commandLine) },
      { name: 'B', words: wordsOf(b.commandLine) },
    ];
    const counts = Array.from({ length: tries }, (_, index) => ({
      left: tries - index,
      next: tries - index - 1,
    }));
    writeFileSync(configuration, renderTemplate('templates/boot/grub.cfg', { slots, counts }));
    const environment = join(a.work, 'grubenv');
    const block = `# GRUB Environment Block\nboot_counter=${tries}\nboot_success=0\n`;
    writeFileSync(environment, block.padEnd(blockSize, '#'));
    return {
      [defaultLoaderPath(architecture)]: loader,
      '/grub/grub.cfg': configuration,
      '/grub/grubenv': environment,
      ...kernelOf('A', a),
      ...kernelOf('B', b),
    };
  },
  bad: { key: 'grubenv', value: 'boot_counter=0', statement: 'slot B has no tries left: boot_counter=0' },
};

/** GRUB takes quotes away and escapes blanks in its own way: what has some cannot be said to the kernel as it must be. */
function wordsOf(commandLine: string): readonly string[] {
  if (commandLine.includes('"'))
    throw new UsageError(`--loader grub: a kernel command line without quotes is required: ${commandLine}`);
  return commandLine.split(' ');
}

function kernelOf(slot: string, { kernelImage, initrd }: LoadedSystem): EspFiles {
  return { [`/bootrelay/${slot}/linux`]: kernelImage, [`/bootrelay/${slot}/initrd`]: initrd };
}
