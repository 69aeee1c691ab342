import { type ChangedUnit, changedUnits, type MaskedUnit, maskedUnits } from '../../config/usr-units.ts';
import type { PlatformConfig } from '../../config/validate.ts';
import type { Step } from '../boot-plan.ts';
import { applets, mountProgram, nothing, options } from '../needs.ts';
import { sourceOf } from '../source.ts';
import { variable } from '../values.ts';

export interface SkeletonData {
  readonly masked: readonly MaskedUnit[];
  readonly changed: readonly ChangedUnit[];
}

/** The step's name in the plan. */
export const makeSkeletonRootName = 'make-skeleton-root';

/** Where the files of the skeleton are in the minimal initrd. */
export const skeletonDirectory = 'skeleton';

/** FullInitrd.Source=usr: the full initrd is the system's own /usr, in a root that is made anew. */
export function makeSkeletonRoot(config: PlatformConfig): Step<SkeletonData> {
  const { TmpfsSize, Target, ExtraFiles } = config.settings.FullInitrd;
  const masked = maskedUnits(config.settings, sourceOf(config, 'FullInitrd.Mask'));
  const changed = changedUnits(config.settings, sourceOf(config, 'FullInitrd.DropIns'));
  return {
    name: makeSkeletonRootName,
    explanation: [
      `Makes a root in memory for the full initrd, which is the system's own /usr, bound into it: no image. Its /etc comes from the minimal initrd and says that this is an initrd; systemd starts initrd.target in it.`,
      ...(ExtraFiles.length > 0 ? [`It also has ${ExtraFiles.join(', ')} of the system.`] : []),
      ...reasons(masked).map(([reason, units]) => `Masked: ${units.join(', ')}: ${reason}.`),
      ...changed.map(({ unit, reason }) => `Changed: ${unit}: ${reason}.`),
    ],
    needs: {
      ...nothing,
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
    variables: [variable(config, 'tmpfs_size', 'FullInitrd.TmpfsSize', TmpfsSize)],
    takes: ['tmpfs_size'],
    leaves: [],
    waits: 0,
    failures: ['overlay-failed'],
    data: { masked, changed },
  };
}

/** Units by their reason. */
function reasons(masked: readonly MaskedUnit[]): readonly (readonly [string, readonly string[]])[] {
  const groups = new Map<string, string[]>();
  for (const { unit, reason } of masked) groups.set(reason, [...(groups.get(reason) ?? []), unit]);
  return [...groups];
}
