/** The arguments of grub-mkimage(1). */
import type { Command } from './run.ts';

const formats = { 'x86-64': 'x86_64-efi', arm64: 'arm64-efi' } as const;

/** What a GRUB needs that reads its configuration and its environment block from the ESP that it was started from. */
const modules = ['part_gpt', 'fat', 'normal', 'configfile', 'linux', 'loadenv', 'test', 'echo', 'reboot'];

/** GRUB as an EFI program, which reads /grub/grub.cfg. */
export function grubImageArgs(architecture: keyof typeof formats, output: string): Command {
  const args = [`--format=${formats[architecture]}`, '--prefix=/grub', `--output=${output}`, ...modules];
  return { program: 'grub-mkimage', args };
}
