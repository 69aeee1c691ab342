import type { PlatformSettings } from '../../config/settings.ts';
import { applets } from '../needs.ts';
import { onlyIf } from '../only-if.ts';
import { defineStep, type Said } from '../step.ts';

export interface CarryOverView {
  readonly paths: readonly CarriedPath[];
}

interface CarriedPath {
  readonly path: string;
  /** It is in another directory than /. */
  readonly nested: boolean;
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
  summary: '/.extra and other listed paths of the initramfs',
  when: carriesOver,
  plan(config): Said<CarryOverView> {
    const paths = config.settings.FullInitrd.CarryOver;
    const copies = paths.map(placeOf);
    const nested = copies.some((copy) => copy.nested);
    return {
      explanation: [
        `Copies ${paths.join(', ')} of the initramfs into the full initrd, where they exist: the boot loader may have put credentials and extensions there.`,
      ],
      needs: { programs: applets('cp', ...onlyIf(nested, 'mkdir')) },
      uses: ['full initrd root', ...onlyIf(nested, 'paths inside the full initrd')],
      provides: ['carried paths'],
      reasons: ['carry-over-failed'],
      view: { paths: copies },
    };
  },
});

function placeOf(path: string): CarriedPath {
  const directory = path.slice(0, path.lastIndexOf('/'));
  const noWay = `${directory} of the full initrd leads from link to link`;
  return { path, nested: directory !== '', directory, noWay, notCopied: `cannot copy ${path}` };
}
