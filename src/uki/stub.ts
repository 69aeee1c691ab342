/** The stubs of systemd-stub(7), and systemd-boot: in the sysroot, in the tools tree, or on this machine. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { ToolError } from '../errors.ts';
import { toolsTreeVariable } from '../tools/programs.ts';
import { efiArchitectures } from '../tools/ukify.ts';

type Architecture = keyof typeof efiArchitectures;

const directory = 'usr/lib/systemd/boot/efi';

/** Files of systemd's EFI programs by what they are. */
const names = {
  stub: (arch: string) => `linux${arch}.efi.stub`,
  'addon-stub': (arch: string) => `addon${arch}.efi.stub`,
  loader: (arch: string) => `systemd-boot${arch}.efi`,
} as const;

/** The file of one of systemd's EFI programs: of the sysroot first, since it belongs to its systemd. Throws ToolError. */
export function findEfiProgram(
  kind: keyof typeof names,
  architecture: Architecture,
  sysroot: string | undefined,
): string {
  const name = join(directory, names[kind](efiArchitectures[architecture]));
  const trees = [sysroot, process.env[toolsTreeVariable], '/'].filter(
    (tree): tree is string => tree !== undefined && tree !== '',
  );
  const found = trees.map((tree) => join(tree, name)).find((file) => existsSync(file));
  if (found !== undefined) return found;
  throw new ToolError(
    `there is no ${name} in ${trees.join(', ')}; Debian's package systemd-boot-efi has it, for ${architecture}${kind === 'loader' ? '' : ', and --stub names another'}`,
  );
}
