/** Words of the kernel command line that go into a UKI, and those that go into an addon beside it. */
import type { PlatformConfig } from '../config/validate.ts';
import { rootHashNames } from '../disk/given-root-hash.ts';
import { slotWords, type UsrPartition } from '../disk/slots.ts';

/** The /usr that the words name. */
export interface NamedUsr {
  /** Hexadecimal; none where stage 1 does not read it from the kernel command line. */
  readonly rootHash: string | undefined;
  /** The partitions of a slot; empty for those that the platform names itself. */
  readonly partitions: readonly Pick<UsrPartition, 'role' | 'device'>[];
}

/** The words of each profile, as one text each. */
export interface UkiWords {
  readonly main: string;
  /** The profile for recovery; none where the platform asks for none. */
  readonly recovery: string | undefined;
}

/**
 * Words in `append` whose parameter names /usr already: the kernel and stage 1 would take the last one, which nobody compared
 * with anything.
 */
export function wordsTwice(
  config: PlatformConfig,
  usr: NamedUsr | undefined,
  append: string,
): readonly string[] {
  const nameOf = (word: string) => word.split('=', 1)[0] ?? '';
  const own = new Set(usr ? usrWords(config, usr).map(nameOf) : rootHashNames(config.settings));
  if (usr) for (const name of rootHashNames(config.settings)) own.add(name);
  return append.split(/\s+/).filter((word) => own.has(nameOf(word.replaceAll('"', ''))));
}

/** The words of a UKI; without `usr` it names none, which is left to an addon. Throws UsageError where the platform takes no partitions from the kernel command line. */
export function ukiWords(config: PlatformConfig, usr: NamedUsr | undefined, append: string): UkiWords {
  const { CommandLine, Recovery } = config.settings.Uki;
  const shared = [...CommandLine, ...(usr ? usrWords(config, usr) : []), append];
  return {
    main: join(shared),
    recovery: Recovery.length > 0 ? join([...shared, ...Recovery]) : undefined,
  };
}

/** The words of a slot's addon. */
export function addonWords(config: PlatformConfig, usr: NamedUsr, append: string): string {
  return join([...usrWords(config, usr), append]);
}

function usrWords(config: PlatformConfig, { rootHash, partitions }: NamedUsr): readonly string[] {
  const [name] = rootHashNames(config.settings);
  const named = partitions.length > 0 ? slotWords(config, partitions) : [];
  if (name === undefined || rootHash === undefined) return named;
  // Stage 1 has set verity up: no generator shall look for partitions by the root hash (systemd-veritysetup-generator(8)).
  return [...named, `${name}=${rootHash}`, ...(name === 'usrhash' ? ['systemd.verity=no'] : [])];
}

function join(words: readonly string[]): string {
  return words.filter(Boolean).join(' ');
}
