/** Portage's database (portage(5), vdb): a directory for each package, CONTENTS in it names its files. */
import { listIn, readTextIn } from '../paths.ts';
import type { OwnedFiles, PackageManager } from './package.ts';

const directory = '/var/db/pkg';

export const portage: PackageManager = {
  name: 'portage',
  read: (sysroot) =>
    listIn(sysroot, directory).flatMap((category) =>
      listIn(sysroot, `${directory}/${category}`).flatMap((name) => readPackage(sysroot, category, name)),
    ),
};

function readPackage(sysroot: string, category: string, entry: string): readonly OwnedFiles[] {
  const read = (name: string) => readTextIn(sysroot, `${directory}/${category}/${entry}/${name}`)?.trim();
  // PF is name, version and revision: sys-apps/systemd-257.9-r1.
  const [, name, version] = /^(.+?)-(\d[^-]*(?:-r\d+)?)$/.exec(read('PF') ?? '') ?? [];
  if (name === undefined || version === undefined) return [];
  return [
    {
      package: { type: 'ebuild', name: `${category}/${name}`, version, license: read('LICENSE') },
      files: (read('CONTENTS') ?? '').split('\n').flatMap(pathOf),
    },
  ];
}

/** `obj PATH MD5 TIME`, `sym PATH -> TARGET TIME`; names may have blanks. */
function pathOf(line: string): readonly string[] {
  const [, file] = /^obj (.+) [0-9a-f]{32} \d+$/.exec(line) ?? [];
  const [, link] = /^sym (.+?) -> /.exec(line) ?? [];
  const path = file ?? link;
  return path === undefined ? [] : [path];
}
