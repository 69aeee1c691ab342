/** rpm's database, which rpm itself reads, whatever it is kept in (rpm(8), rpm-queryformat(7)). */

import { ToolError } from '../../errors.ts';
import { packageFields, queryAllArgs } from '../../tools/rpm.ts';
import { runSync } from '../../tools/run-sync.ts';
import { isDirectory } from '../paths.ts';
import type { OwnedFiles, PackageManager } from './package.ts';

export const rpm: PackageManager = {
  name: 'rpm',
  places: ['/usr/lib/sysimage/rpm', '/var/lib/rpm', '/usr/share/rpm'],
  read(place) {
    if (!isDirectory(place)) return [];
    const { failed, stdout, words } = runSync(queryAllArgs(place));
    if (failed) throw new ToolError(`rpm cannot read ${place}: ${words}`);
    return stdout.toString('utf8').split('\x1e').flatMap(readRecord);
  },
};

function readRecord(record: string): readonly OwnedFiles[] {
  const [head = '', ...files] = record.split('\n').filter(Boolean);
  const values = head.split('\x1f');
  const field = (name: (typeof packageFields)[number]) => {
    const value = values[packageFields.indexOf(name)];
    return value === '(none)' ? undefined : value;
  };
  const [name, version] = [field('NAME'), field('EVR')];
  // Keys that rpm trusts are kept as packages too.
  if (name === undefined || version === undefined || name === 'gpg-pubkey') return [];
  return [
    {
      package: {
        type: 'rpm',
        name,
        version,
        architecture: field('ARCH'),
        source: field('SOURCERPM')?.replace(/-[^-]+-[^-]+\.src\.rpm$/, ''),
        license: field('LICENSE'),
      },
      files: files.filter((file) => file.startsWith('/')),
    },
  ];
}
