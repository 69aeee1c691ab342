/** What of the system goes into a UKI or beside it: stubs of systemd-stub(7), systemd-boot, os-release. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { ToolError, UsageError } from '../errors.ts';
import { osReleasePaths } from '../plan/layout.ts';
import { fileInSysroot } from '../sysroot/paths.ts';
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

/** The file of one of systemd's EFI programs: of the sysroot, since it belongs to its systemd, or of the tools tree that the caller chose. Throws ToolError. */
export function findEfiProgram(
  kind: keyof typeof names,
  architecture: Architecture,
  sysroot: string,
): string {
  const name = join(directory, names[kind](efiArchitectures[architecture]));
  const trees = [sysroot, process.env[toolsTreeVariable]].filter(
    (tree): tree is string => tree !== undefined && tree !== '',
  );
  const found = trees.map((tree) => join(tree, name)).find((file) => existsSync(file));
  if (found !== undefined) return found;
  throw new ToolError(
    `there is no ${name} in ${trees.join(', ')}; Debian's package systemd-boot-efi has it, for ${architecture}${kind === 'loader' ? '' : ', and --stub names another'}`,
  );
}

/** Where firmware finds a boot loader without an entry for it (UEFI specification, 3.5.1.1). */
export function defaultLoaderPath(architecture: Architecture): string {
  return `/EFI/BOOT/BOOT${efiArchitectures[architecture].toUpperCase()}.EFI`;
}

/** The os-release(5) of a sysroot: systemd-boot shows no UKI without one (Boot Loader Specification, type 2). Throws UsageError. */
export function osReleaseOf(sysroot: string): string {
  const file = osReleasePaths
    .map((path) => fileInSysroot(sysroot, path))
    .find((found) => found !== undefined);
  if (file !== undefined) return file;
  throw new UsageError(`${sysroot} has no ${osReleasePaths[0]}, which systemd-boot needs to show the UKI`);
}
