/** dpkg's database (dpkg(1), deb-control(5)): var/lib/dpkg/status and info/NAME.list, or status.d/ as distroless images have it. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { licenseOfCopyright } from './debian-copyright.ts';
import type { OwnedFiles, Package, PackageManager } from './package.ts';
import { readStanzas } from './stanzas.ts';

export const dpkg: PackageManager = {
  name: 'dpkg',
  places: ['/var/lib/dpkg/status', '/var/lib/dpkg/status.d'],
  read(place, sysroot) {
    if (place.endsWith('.d'))
      return readdirSync(place)
        .sort()
        .flatMap((name) => readOfDistroless(place, name));
    const info = join(place, '../info');
    return readStanzas(readFileSync(place, 'utf8')).flatMap((fields) => {
      const owned = packageOf(fields, sysroot);
      return owned ? [{ package: owned, files: listFiles(info, owned) }] : [];
    });
  },
};

/** The package of a stanza that is installed. */
function packageOf(fields: ReadonlyMap<string, readonly string[]>, sysroot: string): Package | undefined {
  const [name] = fields.get('Package') ?? [];
  const [version] = fields.get('Version') ?? [];
  // deb-control: `Status: install ok installed`; distroless has no such line.
  const installed = fields.get('Status')?.[0]?.endsWith(' installed') ?? true;
  if (name === undefined || version === undefined || !installed) return undefined;
  return {
    type: 'deb',
    name,
    version,
    architecture: fields.get('Architecture')?.[0],
    source: fields.get('Source')?.[0]?.replace(/ \(.*/, ''),
    license: licenseOfCopyright(join(sysroot, 'usr/share/doc', name, 'copyright')),
  };
}

function listFiles(info: string, { name, architecture }: Package): readonly string[] {
  const file = [`${name}.list`, `${name}:${architecture}.list`]
    .map((list) => join(info, list))
    .find((list) => existsSync(list));
  return file === undefined ? [] : readFileSync(file, 'utf8').split('\n').filter(Boolean);
}

/** A package of an image without dpkg: its stanza, and a list of MD5 sums that names its files. */
function readOfDistroless(directory: string, name: string): readonly OwnedFiles[] {
  if (name.endsWith('.md5sums')) return [];
  const [fields] = readStanzas(readFileSync(join(directory, name), 'utf8'));
  const owned = fields && packageOf(fields, join(directory, '../../../..'));
  if (!owned) return [];
  const sums = join(directory, `${name}.md5sums`);
  const lines = existsSync(sums) ? readFileSync(sums, 'utf8').split('\n') : [];
  return [
    { package: owned, files: lines.flatMap((line) => (line ? [`/${line.replace(/^\S+\s+\*?/, '')}`] : [])) },
  ];
}
