/** What files must be before ukify gets them: what it would pack without a word fails only on the machine. */
import { existsSync, statfsSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { PlatformConfig } from '../config/validate.ts';
import { rootHashNames, rootHashOnCommandLine } from '../disk/given-root-hash.ts';
import { UsageError } from '../errors.ts';
import { type Range, readRange, withInput } from '../initrd/input.ts';
import { readPeMachine, readPeSections } from '../initrd/pe.ts';
import { formatBytes } from '../text/bytes.ts';

/** Throws UsageError where an EFI program is for another processor, or is none. */
export async function requireMachine(config: PlatformConfig, what: string, file: string): Promise<void> {
  const { Architecture } = config.settings.Platform;
  const machine = await withInput(file, readPeMachine);
  if (machine === Architecture) return;
  if (machine === undefined)
    throw new UsageError(
      `${what} ${file} is no EFI program: a kernel with CONFIG_EFI_STUB is required, as a PE file; one that is compressed as a whole (Image.gz) must be unpacked, or built as vmlinuz.efi`,
    );
  throw new UsageError(
    `${what} ${file} is for ${machine}, and Platform.Architecture=${Architecture} is required (${config.file}): take the ${what} of that architecture, or a platform for ${machine}`,
  );
}

/** What an addon must know of the UKI that it is for. */
export interface UkiOfAddon {
  /** Of each profile the kernel command line. */
  readonly commandLines: readonly string[];
  /** The version of its kernel, where it tells. */
  readonly version: string | undefined;
}

/** Reads a UKI that is to get an addon. Throws UsageError where that would not work. */
export async function readUkiOfAddon(config: PlatformConfig, file: string): Promise<UkiOfAddon> {
  await requireMachine(config, '--uki', file);
  const texts = await withInput(file, (input) =>
    (readPeSections(input) ?? []).map(({ name, data }) => ({
      name,
      text: name === '.linux' ? '' : textOf(data),
    })),
  );
  if (!texts.some(({ name }) => name === '.linux'))
    throw new UsageError(`--uki ${file}: a UKI is required, and it has no section .linux`);
  const named = (wanted: string) => texts.filter(({ name }) => name === wanted).map(({ text }) => text);
  const commandLines = named('.cmdline');
  for (const line of commandLines) requireWithoutSlot(config, file, line);
  return { commandLines, version: named('.uname')[0] };
}

function requireWithoutSlot(config: PlatformConfig, file: string, line: string): void {
  const rootHash = rootHashOnCommandLine(config, line);
  if (rootHash === undefined) return;
  const [name] = rootHashNames(config.settings);
  throw new UsageError(
    `--uki ${file} has ${name}=${rootHash} in itself, of one slot: a UKI without is required, as Uki.Slots=addon makes it`,
  );
}

/** Sections with text are small. */
const mostText = 65536;

function textOf({ input, start, end }: Range): string {
  return readRange({ input, start, end: Math.min(end, start + mostText) })
    .toString('utf8')
    .replace(/\0+$/, '');
}

/** Throws UsageError where the file system of `output`, such as an ESP, has no room for so many bytes beside what is there. */
export function requireRoom(output: string, size: number): void {
  const directory = nearestDirectory(dirname(resolve(output)));
  const { bavail, bsize } = statfsSync(directory);
  const free = bavail * bsize;
  if (free >= size) return;
  throw new UsageError(
    `${output} has ${formatBytes(size)}, and ${directory} has ${formatBytes(free)} left: nothing is written; make room, such as by removing the image of a version that is no longer booted`,
  );
}

/** The directory, or the first one above it that is there. */
function nearestDirectory(directory: string): string {
  return existsSync(directory) ? directory : nearestDirectory(dirname(directory));
}
