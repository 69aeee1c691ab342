/** apk's database of installed packages (apk-tools, apk-v2(5)): one file of records with keys of one letter. */
import { readTextIn } from '../paths.ts';
import type { OwnedFiles, PackageManager } from './package.ts';

export const apk: PackageManager = {
  name: 'apk',
  read: (sysroot) =>
    ['/lib/apk/db/installed', '/usr/lib/apk/db/installed']
      .map((path) => readTextIn(sysroot, path))
      .flatMap((text) => (text ?? '').split(/\n\n+/).flatMap(readRecord)),
};

/** P name, V version, A architecture, o source, L licence; F a directory, R a file in it. */
function readRecord(record: string): readonly OwnedFiles[] {
  const fields = new Map<string, string>();
  const files: string[] = [];
  let directory = '';
  for (const line of record.split('\n')) {
    const [key, value] = [line.slice(0, 1), line.slice(2)];
    if (key === 'F') directory = value;
    else if (key === 'R') files.push(`/${directory === '' ? '' : `${directory}/`}${value}`);
    else fields.set(key, value);
  }
  const [name, version] = [fields.get('P'), fields.get('V')];
  if (name === undefined || version === undefined) return [];
  const [architecture, source, license] = ['A', 'o', 'L'].map((key) => fields.get(key));
  return [{ package: { type: 'apk', name, version, architecture, source, license }, files }];
}
