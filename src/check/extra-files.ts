/** Can the files that ExtraFiles names be taken from the sysroot? */
import { placeOfEntry } from '../config/place.ts';
import type { SettingName } from '../config/settings.ts';
import type { PlatformConfig } from '../config/validate.ts';
import { type Finding, finding } from '../findings.ts';
import { layoutPaths } from '../plan/layout.ts';
import { skeletonDirectory } from '../plan/steps/make-skeleton-root.ts';
import { renderMinimal } from '../render/minimal.ts';
import { type ExtraItem, type Links, readExtraFiles } from '../sysroot/extra-files.ts';
import { mergeUsr } from '../sysroot/paths.ts';
import { defineCheck, type Known } from './check.ts';

export const extraFileChecks = [
  defineCheck({ name: 'extra-files', needs: ['sysroot'], run: checkExtraFiles }),
];

/** The settings that name files of the sysroot, and what becomes of links. */
const linksOf = { 'Initrd.ExtraFiles': 'followed', 'FullInitrd.ExtraFiles': 'kept' } as const;

/** What cannot be taken of the files that the platform names, each at the line that names it. */
function checkExtraFiles({ config, plan, sysroot }: Known<'sysroot'>): readonly Finding[] {
  const own = new Set([
    ...layoutPaths(plan),
    ...[...renderMinimal(config, plan).keys()].map((path) => `/${path}`),
  ]);
  const others = new Map<string, string>();
  return extraEntriesOf(config).flatMap(({ setting, path, links, index }) => {
    const { items, problems } = readExtraFiles(sysroot, path, links);
    const replacing = items.flatMap((item) => {
      const place = placeOf(item, links);
      if (own.has(place)) return [`${item.path} is where bootrelay puts a file of its own`];
      const content = JSON.stringify({ ...item, path: place });
      const other = others.get(place) ?? content;
      others.set(place, other);
      return other === content ? [] : [`${item.path} is where another entry puts something else`];
    });
    const unfit = replacing.map((message) => ({ kind: 'extra-file-unfit', message }) as const);
    return [...problems, ...unfit].map(({ kind, message }) =>
      finding(kind, message, placeOfEntry(config, setting, index)),
    );
  });
}

/** Where an item goes in the minimal initrd. */
function placeOf({ path }: ExtraItem, links: Links): string {
  return links === 'kept' ? `/${skeletonDirectory}${path}` : mergeUsr(`${path}/`).slice(0, -1);
}

interface NamedEntry {
  readonly setting: SettingName;
  readonly path: string;
  readonly links: Links;
  readonly index: number;
}

/** Files for a full initrd that is the system's /usr are taken only where it is. */
function extraEntriesOf({ settings: { Initrd, FullInitrd } }: PlatformConfig): readonly NamedEntry[] {
  const entries = (setting: keyof typeof linksOf, paths: readonly string[]) =>
    paths.map((path, index) => ({ setting, path, links: linksOf[setting], index }));
  return [
    ...entries('Initrd.ExtraFiles', Initrd.ExtraFiles),
    ...entries('FullInitrd.ExtraFiles', FullInitrd.Source === 'usr' ? FullInitrd.ExtraFiles : []),
  ];
}
