/** What of the system goes into a UKI or beside it: stubs of systemd-stub(7), systemd-boot, os-release. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { ToolError, UsageError } from '../errors.ts';
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

/** The os-release(5) of a sysroot: systemd-boot shows no UKI without one (Boot Loader Specification, type 2). Throws UsageError. */
export function osReleaseOf(sysroot: string): string {
  const files = ['usr/lib/os-release', 'etc/os-release'].map((name) => join(sysroot, name));
  const file = files.find((name) => existsSync(name));
  if (file !== undefined) return file;
  throw new UsageError(`${sysroot} has no usr/lib/os-release, which systemd-boot needs to show the UKI`);
}
