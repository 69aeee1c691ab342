/** Portage's database (portage(5), vdb): a directory for each package, CONTENTS in it names its files. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { OwnedFiles, PackageManager } from './package.ts';

export const portage: PackageManager = {
  name: 'portage',
  places: ['/var/db/pkg'],
  read: (place) =>
    readdirSync(place, { withFileTypes: true })
      .filter((category) => category.isDirectory())
      .flatMap(({ name: category }) =>
        readdirSync(join(place, category)).flatMap((name) =>
          readPackage(join(place, category, name), category),
        ),
      ),
};

function readPackage(directory: string, category: string): readonly OwnedFiles[] {
  const read = (name: string) => {
    const file = join(directory, name);
    return existsSync(file) ? readFileSync(file, 'utf8').trim() : undefined;
  };
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
