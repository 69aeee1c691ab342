import { expect, test } from '@jest/globals';
import { type UnitFiles, unitsOfInitrd } from '../../src/sysroot/units.ts';

const usr = '/usr/lib/systemd/system';

/** A full initrd of a few files, as text by path; an empty text is a mask, or a link in a directory of wants. */
function initrd(files: Readonly<Record<string, string>>): UnitFiles {
  const all: Readonly<Record<string, string>> = {
    '/etc/initrd-release': 'ID=test',
    '/etc/machine-id': '',
    [`${usr}/initrd.target`]: '[Unit]\nRequires=basic.target\n',
    [`${usr}/basic.target`]: '[Unit]\n',
    ...files,
  };
  return {
    read: (path) => all[path],
    list: (directory) =>
      Object.keys(all)
        .filter((path) => path.startsWith(`${directory}/`))
        .map((path) => path.slice(directory.length + 1))
        .filter((name) => !name.includes('/')),
    exists: (path) => path in all,
  };
}

const listed = (files: Readonly<Record<string, string>>) =>
  unitsOfInitrd(initrd(files)).map(({ name, because }) => `${name} by ${because}`);

test('units are followed by settings, links and drop-ins, each once, with what pulls it in', () => {
  const files = {
    [`${usr}/basic.target`]: '[Unit]\nWants=a.service \\\n  b@tty1.service\nAfter=never.service\n',
    [`${usr}/a.service`]: '[Unit]\nBindsTo=initrd.target missing.service\n',
    [`${usr}/b@.service`]: '[Unit]\nRequires=c@%i.service\n',
    [`${usr}/c@.service`]: '[Service]\n',
    [`${usr}/a.service.d/more.conf`]: '[Unit]\nUpholds=d.service\n',
    [`${usr}/d.service`]: '[Service]\n',
    [`${usr}/basic.target.wants/e.service`]: '',
    [`${usr}/e.service`]: '[Service]\n',
    '/etc/systemd/system/basic.target.requires/f.service': '',
    '/etc/systemd/system/f.service': '[Service]\n',
  };
  expect(listed(files)).toEqual([
    'initrd.target by systemd starts it in an initrd',
    'basic.target by initrd.target (Requires)',
    'a.service by basic.target (Wants)',
    'b@tty1.service by basic.target (Wants)',
    'e.service by basic.target (Wants)',
    'f.service by basic.target (Requires)',
    'd.service by a.service (Upholds)',
    'c@tty1.service by b@tty1.service (Requires)',
  ]);
});

test('a masked unit is named, and pulls nothing in', () => {
  const files = {
    [`${usr}/basic.target`]: 'Wants=a.service',
    [`${usr}/a.service`]: 'Wants=b.service',
    [`${usr}/b.service`]: '[Service]',
    '/etc/systemd/system/a.service': '',
  };
  const units = unitsOfInitrd(initrd(files));
  expect(units.map(({ name, leftOut }) => [name, leftOut])).toEqual([
    ['initrd.target', undefined],
    ['basic.target', undefined],
    ['a.service', 'masked'],
  ]);
});

test.each([
  ['ConditionPathExists=!/etc/initrd-release', 'left out', []],
  ['ConditionPathExists=/etc/initrd-release', 'runs', []],
  ['AssertPathExists=/etc/fstab', 'left out', []],
  ['ConditionPathExists=/run/x', 'runs', ['ConditionPathExists=/run/x']],
  [
    'ConditionFileNotEmpty=/lib/modules/%v/modules.devname',
    'runs',
    ['ConditionFileNotEmpty=/lib/modules/%v/modules.devname'],
  ],
  ['ConditionNeedsUpdate=/etc', 'left out', []],
  ['ConditionNeedsUpdate=!/etc', 'runs', []],
  ['ConditionFirstBoot=yes', 'left out', []],
  ['ConditionFirstBoot=no', 'runs', []],
  ['ConditionVirtualization=no', 'runs', ['ConditionVirtualization=no']],
  ['ConditionNeedsUpdate=|/etc\nConditionPathExists=|/etc/none', 'left out', []],
  ['ConditionNeedsUpdate=|/etc\nConditionPathExists=|!/etc/none', 'runs', []],
  ['ConditionNeedsUpdate=|/etc\nConditionCredential=|x', 'runs', ['ConditionCredential=|x']],
  ['ConditionVirtualization=|vm\nConditionPathExists=/etc/none', 'left out', []],
  ['ConditionPathExists=!/etc/initrd-release\nConditionFirstBoot=', 'runs', []],
  ['ConditionPathExists=!/etc/initrd-release\nAssertPathExists=', 'left out', []],
  ['ConditionFileNotEmpty=/etc/machine-id', 'left out', []],
  ['Requisite=b.service', 'runs', []],
])('a unit with %j %s', (text, state, conditions) => {
  const files = { [`${usr}/basic.target`]: 'Wants=a.service', [`${usr}/a.service`]: `[Unit]\n${text}\n` };
  const unit = unitsOfInitrd(initrd(files)).find(({ name }) => name === 'a.service');
  expect(unit?.leftOut === undefined ? 'runs' : 'left out').toBe(state);
  if (state === 'runs') expect(unit?.conditions).toEqual(conditions);
});
