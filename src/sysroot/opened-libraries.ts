/**
 * Libraries that programs open at run time (dlopen). No ELF header names them, but the note section .note.dlopen does (the
 * UAPI Group's "ELF Dlopen Metadata for ELF files"), but for what glibc opens by itself.
 */
import { sectionsOf } from './elf.ts';
import { linkingOf } from './linking.ts';
import type { Request } from './loader.ts';

/** Functions for which glibc opens libgcc_s, and aborts without it (pthread_exit(3)). */
const endOfThreads = ['pthread_exit', 'pthread_cancel'];

/** What ELF files open while they run; what they merely suggest stays out: they work without. Throws SyntaxError. */
export function openedBy(elf: Buffer): readonly Request[] {
  const sections = sectionsOf(elf);
  const contentOf = (wanted: string) => sections.find(({ name }) => name === wanted)?.content;
  const notes = contentOf('.note.dlopen');
  const symbols = contentOf('.dynstr');
  return [...(notes ? readNotes(notes) : []), ...(symbols ? openedByGlibc(elf, symbols) : [])];
}

/** What glibc opens by its name; no note says so. */
function openedByGlibc(elf: Buffer, symbols: Buffer): readonly Request[] {
  const has = (name: string) => symbols.includes(`\0${name}\0`);
  const soname = linkingOf(elf)?.soname;
  // From glibc 2.34 on it has within itself what finds users in /etc/passwd.
  if (soname === 'libc.so.6')
    return has('_nss_files_getpwnam_r') ? [] : [opened('libnss_files.so.2', 'names of users')];
  if (soname === 'libpthread.so.0') return [];
  return has('libc.so.6') && endOfThreads.some(has) ? [opened('libgcc_s.so.1', 'the end of threads')] : [];
}

function opened(name: string, feature: string): Request {
  return { names: [name], feature, required: false };
}

/** Notes are a header of three words, an owner and a description, each padded to 4 bytes. */
function readNotes(section: Buffer): readonly Request[] {
  const requests: Request[] = [];
  for (let place = 0; place + 12 <= section.length; ) {
    const ownerSize = section.readUInt32LE(place);
    const size = section.readUInt32LE(place + 4);
    const start = place + 12 + roundUp(ownerSize);
    const text = section
      .subarray(start, start + size)
      .toString('utf8')
      .replace(/\0.*$/s, '');
    requests.push(...readNote(text));
    place = start + roundUp(size);
  }
  return requests;
}

/** A library as a note has it. */
interface Noted {
  readonly feature: string;
  readonly priority: 'required' | 'recommended' | 'suggested';
  readonly soname: readonly string[];
}

/** A note is JSON; what is not is no note of this kind. */
function readNote(text: string): readonly Request[] {
  try {
    return (JSON.parse(text) as Noted[])
      .filter(({ priority }) => priority !== 'suggested')
      .map(({ feature, priority, soname }) => ({
        names: soname,
        feature,
        required: priority === 'required',
      }));
  } catch {
    throw new SyntaxError(`a .note.dlopen section holds what is not JSON: ${text.slice(0, 100)}`);
  }
}

function roundUp(size: number): number {
  return Math.ceil(size / 4) * 4;
}
