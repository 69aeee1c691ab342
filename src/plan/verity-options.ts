/** What the options of systemd-veritysetup-generator(8) do that the kernel command line gives: a table. */
import type { PlatformSettings } from '../config/settings.ts';
import { onlyIf } from './only-if.ts';

/**
 * `counts`: stage 1 takes the value. `so anyway`: the platform does that already. `refused`: the boot stops, since it would
 * weaken the platform or asks for what stage 1 does not read. `no effect`: the log says so.
 */
export type VerityOptionUse = 'counts' | 'so anyway' | 'refused' | 'no effect';

export interface VerityOptionRow {
  /** The option; one that ends in = has any value. Of several rows that fit the first counts. */
  readonly option: string;
  readonly use: VerityOptionUse;
  /** Completes "the option ...". */
  readonly what: string;
}

const yes = ['yes', 'true', 'on', '1', 'y', 't'] as const;
const bySuperblock = 'is what the verity superblock says';

/** The options, as the platform takes them. */
export function verityOptionsOf({ Verity }: Pick<PlatformSettings, 'Verity'>): readonly VerityOptionRow[] {
  const corrects = Verity.FecDevice !== undefined;
  return [
    { option: 'hash-offset=', use: 'counts', what: 'says where the verity superblock starts, in bytes' },
    {
      option: 'fec-device=',
      use: corrects ? 'counts' : 'no effect',
      what: corrects ? 'takes the place of Verity.FecDevice' : 'needs Verity.FecDevice in the platform',
    },
    ...yes.map((value) => soAnyway(`superblock=${value}`, 'is always there')),
    { option: 'superblock=', use: 'refused', what: 'would leave out the superblock, which stage 1 reads' },
    soAnyway('format=1', bySuperblock),
    { option: 'format=', use: 'refused', what: 'asks for a format that stage 1 does not read' },
    ...(['data-block-size=', 'hash-block-size='] as const).flatMap((option) => [
      soAnyway(`${option}4096`, bySuperblock),
      { option, use: 'refused', what: 'asks for blocks that stage 1 does not read' } as const,
    ]),
    ...['data-blocks=', 'salt=', 'uuid=', 'hash='].map((option) => noEffect(option, bySuperblock)),
    { option: 'ignore-corruption', use: 'refused', what: 'would let blocks through that do not match' },
    { option: 'check-at-most-once', use: 'refused', what: 'would let a block change after its first read' },
    noEffect('ignore-zero-blocks', 'reads zeros from blocks that must be zeros; they are checked instead'),
    ...reactionRows(Verity.OnCorruption),
    ...onlyIf(
      corrects,
      soAnyway(`fec-offset=${Verity.FecOffset}`, 'is Verity.FecOffset'),
      soAnyway(`fec-roots=${Verity.FecRoots}`, 'is Verity.FecRoots'),
    ),
    noEffect('fec-offset=', 'is Verity.FecOffset in the platform'),
    noEffect('fec-roots=', 'is Verity.FecRoots in the platform'),
    noEffect('root-hash-signature=', 'is Verity.RootHashSignature in the platform'),
  ];
}

function soAnyway(option: string, what: string): VerityOptionRow {
  return { option, use: 'so anyway', what };
}

function noEffect(option: string, what: string): VerityOptionRow {
  return { option, use: 'no effect', what };
}

/** From the reaction that trusts least to the one that trusts most. */
const reactions = ['panic', 'restart', 'error'] as const;

function reactionRows(own: (typeof reactions)[number]): readonly VerityOptionRow[] {
  return (['panic', 'restart'] as const).map((reaction) => {
    const option = `${reaction}-on-corruption`;
    if (reaction === own) return soAnyway(option, 'is Verity.OnCorruption');
    return reactions.indexOf(reaction) > reactions.indexOf(own)
      ? { option, use: 'refused', what: `would be less than Verity.OnCorruption=${own}` }
      : noEffect(option, `is more than Verity.OnCorruption=${own}, which counts`);
  });
}
