/** rpm's database, which rpm itself reads, whatever it is kept in (rpm(8), rpm-queryformat(7)). */

import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ToolError } from '../../errors.ts';
import { packageFields, queryAllArgs } from '../../tools/rpm.ts';
import { runSync } from '../../tools/run-sync.ts';
import { fileInSysroot, listIn } from '../paths.ts';
import type { OwnedFiles, PackageManager } from './package.ts';

const places = ['/usr/lib/sysimage/rpm', '/var/lib/rpm', '/usr/share/rpm'];

/** Files that rpm makes while it reads; the others are the database. */
const ofReaders = /^(\.|__db\.)|-shm$/;

export const rpm: PackageManager = {
  name: 'rpm',
  read: (sysroot) => places.flatMap((place) => readDatabase(sysroot, place)),
};

/** rpm writes where it reads, which a sysroot may not allow, and which is not what it was given for: it gets a copy. */
function readDatabase(sysroot: string, place: string): readonly OwnedFiles[] {
  const names = listIn(sysroot, place).filter((name) => !ofReaders.test(name));
  if (names.length === 0) return [];
  const copy = mkdtempSync(join(tmpdir(), 'bootrelay-rpm-'));
  try {
    for (const name of names) {
      const file = fileInSysroot(sysroot, `${place}/${name}`);
      if (file !== undefined) copyFileSync(file, join(copy, name));
    }
    const { failed, stdout, words } = runSync(queryAllArgs(copy));
    if (failed) throw new ToolError(`rpm cannot read ${place}: ${words}`);
    return stdout.toString('utf8').split('\x1e').flatMap(readRecord);
  } finally {
    rmSync(copy, { recursive: true });
  }
}

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
