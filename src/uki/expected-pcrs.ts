/** What the PCRs of a TPM must be after a boot of these files: bank sha256. */
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { UsageError } from '../errors.ts';
import { readRange, withInput } from '../initrd/input.ts';
import { readPeSections } from '../initrd/pe.ts';
import { run } from '../tools/run.ts';
import { measureArgs, measuredSections } from '../tools/systemd-measure.ts';
import { authenticodeHash } from './authenticode.ts';

export interface MeasuredFiles {
  readonly uki: string;
  /** In the order in which systemd-stub takes them: by name. */
  readonly addons: readonly string[];
  /** What the firmware starts, such as systemd-boot; none where that is the UKI itself. */
  readonly loader: string | undefined;
  /** Whether the firmware checks signatures. */
  readonly secureBoot: boolean;
  /** An existing directory. */
  readonly work: string;
}

/** PCR 11 after each phase of the boot: systemd-pcrphase.service(8). */
export interface PhasePcr {
  readonly phase: string;
  readonly hash: string;
}

/** Values in hexadecimal. */
export interface ExpectedPcrs {
  /** Code that the firmware loaded. */
  readonly 4: string;
  readonly 11: readonly PhasePcr[];
  /** Words of addons; zeros where there are none, and no credentials and no words by SMBIOS either. */
  readonly 12: string;
}

/** Throws UsageError where a file is no UKI or addon, ToolError. */
export async function expectedPcrs({
  uki,
  addons,
  loader,
  secureBoot,
  work,
}: MeasuredFiles): Promise<ExpectedPcrs> {
  const sections = await sectionsOf(uki);
  const kernel = sections.find(({ name }) => name === '.linux');
  if (!kernel) throw new UsageError(`${uki}: a UKI is required, and it has no section .linux`);
  const words = (await Promise.all(addons.map(wordsOfAddon))).filter(Boolean).join(' ');
  return {
    4: expectedPcr4([
      ...[...(loader === undefined ? [] : [loader]), uki, ...addons].map((file) =>
        authenticodeHash(readFileSync(file), file),
      ),
      ...(firmwareLoadsKernel(sections, secureBoot) ? [authenticodeHash(kernel.data, 'the kernel')] : []),
    ]),
    11: await expectedPcr11(sections, work),
    12: extendAll(words === '' ? [] : [sha256(Buffer.from(`${words}\0`, 'utf16le'))]),
  };
}

interface Section {
  readonly name: string;
  readonly data: Buffer;
}

function sectionsOf(file: string): Promise<readonly Section[]> {
  return withInput(file, (input) => {
    const sections = readPeSections(input);
    if (!sections) throw new UsageError(`${file}: an EFI program is required, and it is none`);
    return sections.map(({ name, data }) => ({ name, data: readRange(data) }));
  });
}

/** The stub joins those of all addons, without control characters and blanks at the end, and measures them at once. */
async function wordsOfAddon(file: string): Promise<string> {
  const section = (await sectionsOf(file)).find(({ name }) => name === '.cmdline');
  if (!section) throw new UsageError(`${file}: an addon with a section .cmdline is required`);
  const text = section.data.toString('utf8').replace(/\0.*$/s, '');
  return text.replace(/\p{Cc}/gu, ' ').trimEnd();
}

/** TCG PC Client Platform Firmware Profile, 2.3.4.5: the call of a boot option, a separator, and what is loaded. */
function expectedPcr4(programs: readonly Buffer[]): string {
  const call = sha256(Buffer.from('Calling EFI Application from Boot Option'));
  return extendAll([call, sha256(Buffer.alloc(4)), ...programs]);
}

/**
 * Stubs before systemd 258 have the firmware load the kernel in the UKI; with Secure Boot they answer for it themselves, and the
 * firmware does not measure it then. A firmware that lets nobody answer, or shim 16, measures it all the same.
 */
function firmwareLoadsKernel(sections: readonly Section[], secureBoot: boolean): boolean {
  const magic = sections.find(({ name }) => name === '.sdmagic')?.data.toString('latin1') ?? '';
  const version = /systemd-stub (\d+)/.exec(magic)?.[1];
  return !secureBoot && version !== undefined && Number(version) < 258;
}

async function expectedPcr11(sections: readonly Section[], work: string): Promise<readonly PhasePcr[]> {
  // Without a choice the first profile is booted, which is the last section before those of another one.
  const profile = sections.findIndex(({ name }) => name === '.profile');
  const next = sections.findIndex(({ name }, index) => name === '.profile' && index > profile);
  const booted = profile >= 0 && next >= 0 ? sections.slice(0, next) : sections;
  const files = booted.flatMap(({ name, data }) => {
    const section = measuredSections.find((measured) => `.${measured}` === name);
    if (section === undefined) return [];
    const file = join(work, `section-${section}`);
    writeFileSync(file, data);
    return [{ section, file }];
  });
  const output = JSON.parse(await run(measureArgs(files)));
  return output.sha256.map(({ phase, hash }: PhasePcr) => ({ phase, hash }));
}

function sha256(bytes: Buffer): Buffer {
  return createHash('sha256').update(bytes).digest();
}

/** A PCR that begins with zeros, extended with each of these. */
function extendAll(digests: readonly Buffer[]): string {
  return digests
    .reduce((value, digest) => sha256(Buffer.concat([value, digest])), Buffer.alloc(32))
    .toString('hex');
}
