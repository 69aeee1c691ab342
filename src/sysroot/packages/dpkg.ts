/** dpkg's database (dpkg(1), deb-control(5)): var/lib/dpkg/status and info/NAME.list, or status.d/ as distroless images have it. */
import { listIn, readTextIn } from '../paths.ts';
import { licenseIn } from './debian-copyright.ts';
import type { OwnedFiles, Package, PackageManager } from './package.ts';
import { readStanzas } from './stanzas.ts';

const directory = '/var/lib/dpkg';

export const dpkg: PackageManager = {
  name: 'dpkg',
  read(sysroot) {
    const status = readTextIn(sysroot, `${directory}/status`);
    if (status !== undefined) return readStatus(status, sysroot);
    const names = listIn(sysroot, `${directory}/status.d`);
    return names
      .filter((name) => !name.endsWith('.md5sums'))
      .flatMap((name) => readOfDistroless(name, sysroot));
  },
};

function readStatus(status: string, sysroot: string): readonly OwnedFiles[] {
  const divert = readDiversions(readTextIn(sysroot, `${directory}/diversions`) ?? '');
  return readStanzas(status).flatMap((fields) => {
    const owned = packageOf(fields, sysroot);
    return owned
      ? [{ package: owned, files: listFiles(owned, sysroot).map((file) => divert(file, owned.name)) }]
      : [];
  });
}

/** The states (dpkg(1)) in which nothing of a package is on the disk but its configuration. */
const withoutFiles = ['not-installed', 'config-files'];

/** The package of a stanza whose files are there; distroless images have no line for the state. */
function packageOf(fields: ReadonlyMap<string, string>, sysroot: string): Package | undefined {
  const [name, version] = [fields.get('Package'), fields.get('Version')];
  const state = fields.get('Status')?.split(' ')[2] ?? 'installed';
  if (name === undefined || version === undefined || withoutFiles.includes(state)) return undefined;
  return {
    type: 'deb',
    name,
    version,
    architecture: fields.get('Architecture'),
    source: fields.get('Source')?.replace(/ \(.*/, ''),
    license: licenseIn(sysroot, name),
  };
}

/** Packages of several architectures have that in the name of their list. */
function listFiles({ name, architecture }: Package, sysroot: string): readonly string[] {
  const text = [name, `${name}:${architecture}`]
    .map((list) => readTextIn(sysroot, `${directory}/info/${list}.list`))
    .find((list) => list !== undefined);
  return (text ?? '').split('\n').filter(Boolean);
}

/** dpkg-divert(1): three lines each; a file of any package but the third line's is at the second path. */
function readDiversions(text: string): (file: string, owner: string) => string {
  const lines = text.split('\n');
  const diversions = new Map<string, { readonly to: string; readonly by: string }>();
  for (let index = 0; index + 2 < lines.length; index += 3)
    diversions.set(lines[index] ?? '', { to: lines[index + 1] ?? '', by: lines[index + 2] ?? '' });
  return (file, owner) => {
    const diversion = diversions.get(file);
    return diversion === undefined || diversion.by === owner ? file : diversion.to;
  };
}

/** A package of an image without dpkg: its stanza, and a list of MD5 sums that names its files. */
function readOfDistroless(name: string, sysroot: string): readonly OwnedFiles[] {
  const [fields] = readStanzas(readTextIn(sysroot, `${directory}/status.d/${name}`) ?? '');
  const owned = fields && packageOf(fields, sysroot);
  if (!owned) return [];
  const lines = (readTextIn(sysroot, `${directory}/status.d/${name}.md5sums`) ?? '').split('\n');
  const files = lines.flatMap((line) => (line ? [`/${line.replace(/^\S+\s+\*?/, '')}`] : []));
  return [{ package: owned, files }];
}
