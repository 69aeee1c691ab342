import { type ChangedUnit, changedUnits, type MaskedUnit, maskedUnits } from '../../config/usr-units.ts';
import { applets, mountProgram, options } from '../needs.ts';
import { sourceOf, variable } from '../source.ts';
import { defineStep, type Said } from '../step.ts';

export interface SkeletonRootView {
  readonly masked: readonly MaskedUnit[];
  readonly changed: readonly ChangedUnit[];
}

/** Where the files of the skeleton are in the minimal initrd. */
export const skeletonDirectory = 'skeleton';

/** FullInitrd.Source=usr: the full initrd is the system's own /usr, in a root that is made anew. */
export const makeSkeletonRoot = defineStep({
  name: 'make-skeleton-root',
  summary:
    'with `FullInitrd.Source=usr`, instead of an image: a root in memory with an /etc of its own, and the /usr of the system bound into it ([usr-initrd.md](usr-initrd.md))',
  when: ({ FullInitrd }) => FullInitrd.Source === 'usr',
  plan(config): Said<SkeletonRootView> {
    const { TmpfsSize, Target, ExtraFiles } = config.settings.FullInitrd;
    const masked = maskedUnits(config.settings, sourceOf(config, 'FullInitrd.Mask'));
    const changed = changedUnits(config.settings, sourceOf(config, 'FullInitrd.DropIns'));
    return {
      explanation: [
        `Makes a root in memory for the full initrd, which is the system's own /usr, bound into it: no image. Its /etc comes from the minimal initrd and says that this is an initrd; systemd starts initrd.target in it.`,
        ...(ExtraFiles.length > 0 ? [`It also has ${ExtraFiles.join(', ')} of the system.`] : []),
        ...reasons(masked).map(([reason, units]) => `Masked: ${units.join(', ')}: ${reason}.`),
        ...changed.map(({ unit, reason }) => `Changed: ${unit}: ${reason}.`),
      ],
      needs: {
        kernelOptions: options('TMPFS'),
        programs: [...mountProgram(config.settings), ...applets('cp', 'mkdir')],
        directories: ['/full'],
        inUsr: [
          '/usr/lib/systemd/systemd',
          '/usr/lib/systemd/system/initrd.target',
          `/usr/lib/systemd/system/${Target}`,
          '/usr/bin/sh',
          '/usr/lib/os-release',
          ...(config.settings.Verity.Verity === 'required' ? ['/usr/sbin/dmsetup'] : []),
        ],
      },
      uses: ['mounted usr'],
      provides: ['full initrd root'],
      places: { 'full initrd root': "the system's own /usr" },
      variables: [variable(config, 'tmpfs_size', 'FullInitrd.TmpfsSize', TmpfsSize)],
      reads: ['tmpfs_size'],
      reasons: ['overlay-failed'],
      view: { masked, changed },
    };
  },
});

/** Units by their reason. */
function reasons(masked: readonly MaskedUnit[]): readonly (readonly [string, readonly string[]])[] {
  const groups = new Map<string, string[]>();
  for (const { unit, reason } of masked) groups.set(reason, [...(groups.get(reason) ?? []), unit]);
  return [...groups];
}
