import type { PlatformSettings } from '../../config/settings.ts';
import { type CarriedPath, carriedPath } from '../../config/value-types/paths.ts';
import { applets } from '../needs.ts';
import { onlyIf } from '../only-if.ts';
import { defineStep, type Said } from '../step.ts';

export interface CarryOverView {
  readonly paths: readonly Copy[];
}

interface Copy {
  readonly source: string;
  readonly target: string;
  /** It has another name in the full initrd. */
  readonly renamed: boolean;
  /** It has the same, in another directory than /; or in /. */
  readonly nested: boolean;
  readonly plain: boolean;
  readonly directory: string;
  /** What is wrong where the full initrd has no such directory, or nothing can be copied. */
  readonly noWay: string;
  readonly notCopied: string;
}

/** True where anything is copied: a read-only full initrd cannot take it. */
export function carriesOver({ FullInitrd }: PlatformSettings): boolean {
  return (FullInitrd.Writable || FullInitrd.Source === 'usr') && FullInitrd.CarryOver.length > 0;
}

export const carryOver = defineStep({
  name: 'carry-over',
  summary: '/.extra and other listed paths of the initramfs, some under another name',
  when: carriesOver,
  plan(config): Said<CarryOverView> {
    const paths = config.settings.FullInitrd.CarryOver;
    const copies = paths.map(placeOf);
    const follows = copies.some(({ nested, renamed }) => nested || renamed);
    return {
      explanation: [
        `Copies ${paths.map(inWords).join(', ')} of the initramfs into the full initrd, where they exist: the boot loader may have put credentials and extensions there.`,
      ],
      needs: { programs: applets('cp', ...onlyIf(follows, 'mkdir')) },
      uses: ['full initrd root', ...onlyIf(follows, 'paths inside the full initrd')],
      provides: ['carried paths'],
      reasons: ['carry-over-failed'],
      view: { paths: copies },
    };
  },
});

function inWords({ source, target }: CarriedPath): string {
  return source === target ? source : `${source} (as ${target})`;
}

function placeOf(carried: CarriedPath): Copy {
  const { source, target } = carried;
  const renamed = source !== target;
  const directory = target.slice(0, target.lastIndexOf('/'));
  const followed = renamed ? target : directory;
  return {
    source,
    target,
    renamed,
    nested: !renamed && directory !== '',
    plain: !renamed && directory === '',
    directory,
    noWay: `${followed} of the full initrd leads from link to link`,
    notCopied: `cannot copy ${carriedPath.format?.(carried)}`,
  };
}
