/** FullInitrd.Source=usr: the files of the root that the system's /usr is bound into. */
import type { PlatformConfig } from '../config/validate.ts';
import { type BootPlan, stepOf } from '../plan/boot-plan.ts';
import {
  makeSkeletonRoot,
  type SkeletonRootView,
  skeletonDirectory,
} from '../plan/steps/make-skeleton-root.ts';
import { renderInstalledCheck } from './full-initrd.ts';
import { renderTemplate } from './templates.ts';
import type { RenderedFile, RenderedLink, RenderedTree } from './tree.ts';

type PathAndFile = readonly [path: string, file: RenderedFile | RenderedLink];

const systemUnits = 'etc/systemd/system';

/** The files by their path in the minimal initrd, which copies them at boot; none where the plan makes no such root. */
export function renderSkeleton(config: PlatformConfig, plan: BootPlan): RenderedTree {
  const step = stepOf(plan, makeSkeletonRoot);
  if (!step) return new Map();
  const files = [
    ...layout,
    ...accounts(config),
    ...renderInstalledCheck(config, plan, 'skeleton'),
    ...systemsUnits(step.view, config, plan),
  ];
  return new Map(files.map(([path, file]) => [`${skeletonDirectory}/${path}`, file]));
}

/** A merged /usr, systemd as init, and what tells it that this is an initrd, and of which system. */
const layout: readonly PathAndFile[] = [
  ...['bin', 'sbin', 'lib', 'lib64'].map((name) => [name, { target: `usr/${name}` }] as const),
  ['init', { target: 'usr/lib/systemd/systemd' }],
  ['etc/initrd-release', { target: '../usr/lib/os-release' }],
  ['etc/os-release', { target: '../usr/lib/os-release' }],
  ['var/run', { target: '../run' }],
  ['etc/mtab', { target: '../proc/self/mounts' }],
  // Empty: no first boot, and systemd makes a number that lasts until the system has its own (machine-id(5)).
  ['etc/machine-id', { text: '', mode: 0o644 }],
];

function accounts({ settings: { FullInitrd } }: PlatformConfig): readonly PathAndFile[] {
  const file = (name: string): PathAndFile => [
    `etc/${name}`,
    {
      text: renderTemplate(`templates/skeleton/${name}`, {
        users: FullInitrd.Users,
        groups: FullInitrd.Groups,
      }),
      mode: 0o644,
    },
  ];
  return [file('passwd'), file('group')];
}

/** The system's: masked, or changed by a drop-in. */
function systemsUnits(
  { masked, changed }: SkeletonRootView,
  { settings }: PlatformConfig,
  { platform }: BootPlan,
): readonly PathAndFile[] {
  return [
    [`${systemUnits}/default.target`, { target: `/usr/lib/systemd/system/${settings.FullInitrd.Target}` }],
    ...masked.map(({ unit }) => [`${systemUnits}/${unit}`, { target: '/dev/null' }] as const),
    ...changed.map(({ unit, reason, settings: added }) => {
      const sections = [...new Set(added.map(({ section }) => section))].map((section) => ({
        section,
        settings: added.filter((setting) => setting.section === section),
      }));
      const text = renderTemplate('templates/skeleton/drop-in', { platform, unit, reason, sections });
      return [`${systemUnits}/${unit}.d/bootrelay.conf`, { text, mode: 0o644 }] as const;
    }),
  ];
}
