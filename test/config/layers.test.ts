import { expect, test } from '@jest/globals';
import { findSetting, type SettingName } from '../../src/config/settings.ts';
import { writtenValues } from '../../src/config/written-values.ts';
import { load } from './platform-files.ts';

const base = '[Usr]\nDevice=PARTLABEL=BASE\n[Modules]\nModules=one\n[Devices]\nTimeout=90s\n';

test('the layers count in order: base, file, drop-ins by name, --set', () => {
  const files = {
    'p/base.ini': base,
    'p/test.ini': '[Platform]\nExtends=base.ini\n[Modules]\nModules=two\n',
    'p/test.ini.d/20-b.conf': '[Modules]\nModules=four\n',
    'p/test.ini.d/10-a.conf': '[Modules]\nModules=three\n[Usr]\nDevice=PARTLABEL=DROP-IN\n',
    'p/test.ini.d/README': 'not a drop-in',
  };
  const { config, files: read } = load(files, 'p/test.ini', ['Modules.Modules=five']);
  expect(config?.settings.Modules.Modules).toEqual(['one', 'two', 'three', 'four', 'five']);
  expect(config?.settings.Usr.Device?.value).toBe('DROP-IN');
  expect(read).toEqual(['p/base.ini', 'p/test.ini', 'p/test.ini.d/10-a.conf', 'p/test.ini.d/20-b.conf']);
  expect(config?.origins.get('Usr.Device')).toEqual([{ file: 'p/test.ini.d/10-a.conf', line: 4 }]);
  expect(config?.origins.get('Modules.Modules')?.map(({ file }) => file)).toEqual([
    'p/base.ini',
    'p/test.ini',
    'p/test.ini.d/10-a.conf',
    'p/test.ini.d/20-b.conf',
    '--set',
  ]);
});

test.each([
  ['Modules.Modules', 'virtio_blk nvme', ['virtio_blk', 'nvme']],
  ['Modules.Modules', '-virtio_blk nvme  ahci', ['-virtio_blk', 'nvme', 'ahci']],
  ['Modules.Modules', 'ramoops mem_size=1 ecc=2', ['ramoops mem_size=1 ecc=2']],
  ['Devices.FindBy', 'PARTLABEL PARTUUID', ['PARTLABEL', 'PARTUUID']],
  ['Devices.Require', 'of:NaT(null)Ca,b virtio_blk', ['of:NaT(null)Ca,b', 'virtio_blk']],
  ['Initrd.Microcode', 'intel amd', ['intel', 'amd']],
  ['Initrd.ExtraFiles', '/etc/a /etc/b', ['/etc/a', '/etc/b']],
  ['FullInitrd.Mask', 'a.service b.timer', ['a.service', 'b.timer']],
  ['FullInitrd.Groups', 'disk:6 tty:5', ['disk:6', 'tty:5']],
  ['FullInitrd.DropIns', 'a.service Service.ExecStart=/bin/a b', ['a.service Service.ExecStart=/bin/a b']],
])('%s=%s are the values %j, each of that line', (name, text, values) => {
  const [section = '', key = ''] = name.split('.');
  const source = `${base}[FullInitrd]\nSource=usr\n`;
  const { config, findings } = load({ 'p/test.ini': source }, 'p/test.ini', [`${name}=`, `${name}=${text}`]);
  expect(findings.filter(({ severity }) => severity === 'error')).toEqual([]);
  const row = findSetting(section, key);
  expect(config && row && writtenValues(config.settings, row)).toEqual(values);
  expect(config?.origins.get(name as SettingName)).toEqual(values.map(() => ({ file: '--set', line: 2 })));
});

test.each([
  [
    'Modules.Modules',
    'virtio_blk,nvme',
    'repeat Modules= for each, without commas: Modules=virtio_blk and Modules=nvme',
  ],
  ['Modules.Modules', 'virtio_blk ramoops mem_size=1', 'repeat Modules= for each, without commas'],
  ['Devices.FindBy', 'PARTLABEL, UUID', 'repeat FindBy= for each, without commas'],
  [
    'Devices.FindBy',
    'PARTLABEL,UUID',
    'repeat FindBy= for each, without commas: FindBy=PARTLABEL and FindBy=UUID',
  ],
])('%s=%s is refused, with how the list is written', (name, text, hint) => {
  const { config, findings } = load({ 'p/test.ini': base }, 'p/test.ini', [`${name}=${text}`]);
  expect(config).toBeUndefined();
  expect(findings[0]).toMatchObject({ setting: name, hint: expect.stringContaining(hint) });
});

test('Extends= may be an absolute path', () => {
  const files = { '/p/base.ini': base, 'q/test.ini': '[Platform]\nExtends=/p/sub/../base.ini\n' };
  expect(load(files, 'q/test.ini').files).toEqual(['/p/base.ini', 'q/test.ini']);
});

test('Extends= with two files is a missing one, with how both are written', () => {
  const { findings } = load({ 'p/test.ini': '[Platform]\nExtends=first.ini second.ini\n' });
  expect(findings[0]).toMatchObject({ kind: 'extends-missing', hint: 'repeat Extends= for each file' });
});

test('an empty value resets what lower layers set', () => {
  const files = {
    'p/base.ini': base,
    'p/test.ini': '[Platform]\nExtends=base.ini\n[Modules]\nModules=\nModules=two\n',
  };
  expect(load(files).config?.settings.Modules.Modules).toEqual(['two']);
});

test('an empty value gives a single setting its default back, and empties a list', () => {
  const { config } = load({ 'p/test.ini': base }, 'p/test.ini', [
    'Devices.Timeout=5s',
    'Devices.Timeout=',
    'FullInitrd.CarryOver=',
  ]);
  expect(config?.settings.Devices.Timeout).toBe(90);
  expect(config?.settings.FullInitrd.CarryOver).toEqual([]);
});

test('a diamond of bases is no cycle', () => {
  const files = {
    'p/test.ini': '[Platform]\nExtends=a.ini\nExtends=b.ini\n',
    'p/a.ini': '[Platform]\nExtends=base.ini\n[Devices]\nTimeout=30s\n',
    'p/b.ini': '[Platform]\nExtends=base.ini\n',
    'p/base.ini': base,
  };
  const { config, findings, files: read } = load(files);
  expect(findings.filter(({ severity }) => severity === 'error')).toEqual([]);
  expect(read).toEqual(['p/base.ini', 'p/a.ini', 'p/b.ini', 'p/test.ini']);
  // The base, which b.ini extends too, does not override a.ini again, and its list does not double.
  expect(config?.settings.Devices.Timeout).toBe(30);
  expect(config?.settings.Modules.Modules).toEqual(['one']);
});

test.each([
  [
    'a file that extends itself',
    { 'p/test.ini': '[Platform]\nExtends=test.ini\n' },
    'extends-cycle',
    'p/test.ini',
    2,
  ],
  [
    'a cycle through another file',
    { 'p/test.ini': '[Platform]\nExtends=a.ini\n', 'p/a.ini': '# x\n[Platform]\nExtends=test.ini\n' },
    'extends-cycle',
    'p/a.ini',
    3,
  ],
  [
    'a missing base',
    { 'p/test.ini': '\n[Platform]\nExtends=bse.ini\n', 'p/base.ini': base },
    'extends-missing',
    'p/test.ini',
    3,
  ],
  [
    'a control character in a name',
    { 'p/test.ini': base, 'p/test.ini.d/a\tb.conf': '' },
    'file-unreadable',
    'p/test.ini.d/a?b.conf',
    undefined,
  ],
  ['a missing file', {}, 'file-unreadable', 'p/test.ini', undefined],
  [
    'bytes that are not UTF-8',
    { 'p/test.ini': new Uint8Array([0x5b, 0xff, 0xfe]) },
    'file-not-utf8',
    'p/test.ini',
    undefined,
  ],
])('%s', (_, files, kind, file, line) => {
  const { findings, config } = load(files as Record<string, string>);
  expect(config).toBeUndefined();
  expect(findings).toHaveLength(1);
  expect(findings[0]).toMatchObject({ kind, file, severity: 'error' });
  expect(findings[0]?.line).toBe(line);
});

test('a missing base suggests the file that is there', () => {
  const { findings } = load({ 'p/test.ini': '[Platform]\nExtends=bse.ini\n', 'p/base.ini': base });
  expect(findings[0]?.hint).toBe('did you mean p/base.ini?');
});

test.each(['Usr', 'Usr.Device', 'Device=x', 'Platform.Extends=base.ini'])(
  '--set %s is refused',
  (override) => {
    const { findings, config } = load({ 'p/test.ini': base }, 'p/test.ini', [override]);
    expect(config).toBeUndefined();
    expect(findings[0]).toMatchObject({ file: '--set', line: 1, severity: 'error' });
  },
);
