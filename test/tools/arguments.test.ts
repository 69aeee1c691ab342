import { expect, test } from '@jest/globals';
import { compressArgs } from '../../src/tools/archive.ts';
import { formatSfdiskScript, setPartitionLabelArgs, writeAtArgs } from '../../src/tools/disk.ts';
import { guestArgs, plugArguments } from '../../src/tools/qemu.ts';
import { imageLayerArgs, writeToLayerArgs } from '../../src/tools/qemu-img.ts';
import { umlArgs } from '../../src/tools/uml.ts';
import { verityFormatArgs } from '../../src/tools/verity.ts';

const large = { architecture: 'x86-64', size: 2 ** 30 } as const;

test.each([
  ['zstd', undefined, 'zstd --stdout --quiet --single-thread --ultra -18'],
  ['zstd', 22, 'zstd --stdout --quiet --single-thread --ultra -22'],
  ['xz', undefined, 'xz --stdout --threads=1 --check=crc32 --x86 --lzma2=preset=9e'],
  ['gzip', 6, 'gzip --stdout --no-name -6'],
] as const)('compression %s, level %j', (compression, level, line) => {
  const command = compressArgs({ ...large, compression, level });
  expect([command?.program, ...(command?.args ?? [])].join(' ')).toBe(line);
});

test.each([
  ['zstd', 18, 4_000_000, '--zstd=wlog=22'],
  ['zstd', 18, 2 ** 22, '--zstd=wlog=22'],
  ['zstd', 18, 2 ** 22 + 1, '-18'],
  ['zstd', 22, 4_000_000, '--long=22'],
  ['zstd', 22, 1, '--long=10'],
  ['zstd', 3, 4_000_000, '-3'],
  ['xz', 9, 4_000_000, '--lzma2=preset=9e,dict=4000000'],
  ['xz', 9, 1, '--lzma2=preset=9e,dict=4096'],
  ['xz', 9, 2 ** 26, '--lzma2=preset=9e'],
  ['xz', 1, 4_000_000, '--lzma2=preset=1e'],
] as const)('%s with level %j needs no more memory than %j bytes fill', (compression, level, size, last) => {
  expect(compressArgs({ ...large, compression, level, size })?.args.at(-1)).toBe(last);
});

test('the filter for x86 code is not used on arm64', () => {
  expect(compressArgs({ compression: 'xz', level: 6, architecture: 'arm64', size: 2 ** 30 })?.args).toEqual([
    '--stdout',
    '--threads=1',
    '--check=crc32',
    '--lzma2=preset=6e',
  ]);
});

test('no compression is no command', () => {
  expect(compressArgs({ ...large, compression: 'none', level: undefined })).toBeUndefined();
});

test('a guest has its console on standard output and throws writes away', () => {
  const { program, args } = guestArgs({
    architecture: 'x86-64',
    accelerator: 'tcg',
    kernel: 'k',
    initrd: 'i',
    commandLine: 'quiet x="a b"',
    disks: [{ file: 'a,b.img' }],
    memory: 512,
  });
  expect([program, ...args]).toEqual([
    'qemu-system-x86_64',
    ...['-machine', 'q35,accel=tcg', '-cpu', 'max', '-m', '512'],
    ...[
      '-nodefaults',
      '-no-user-config',
      '-display',
      'none',
      '-monitor',
      'none',
      '-serial',
      'stdio',
      '-no-reboot',
    ],
    ...['-kernel', 'k', '-initrd', 'i', '-append', 'quiet x="a b"'],
    ...[
      '-drive',
      'file=a,,b.img,if=none,id=disk0,format=raw,snapshot=on',
      '-device',
      'virtio-blk-pci,drive=disk0,id=device0',
    ],
  ]);
});

test('firmware starts the first disk of an image, and texts of the SMBIOS have their commas', () => {
  const { args } = guestArgs({
    ...{ architecture: 'x86-64', accelerator: 'tcg', kernel: undefined, commandLine: '', memory: 512 },
    disks: [{ file: 'a', format: 'qcow2' }, { file: 'b' }],
    firmware: 'uefi',
    oemStrings: ['a=b,c'],
  });
  expect(args).toEqual(expect.arrayContaining(['-smbios', 'type=11,value=a=b,,c']));
  expect(args).toContain('file=a,if=none,id=disk0,format=qcow2,snapshot=on');
  expect(args).toContain('virtio-blk-pci,drive=disk1,id=device1,bootindex=1');
  expect(args.filter((arg) => ['-kernel', '-append', '-initrd'].includes(arg))).toEqual([]);
});

test('a layer is made over an image, and written to at any byte', () => {
  expect(writeToLayerArgs('layer', 5, 'bytes', 3).args).toEqual([
    '-f',
    'qcow2',
    '-c',
    'write -s bytes 5 3',
    'layer',
  ]);
  expect(imageLayerArgs('/i', 'raw', 'l').args.join(' ')).toBe('create -q -f qcow2 -F raw -b /i l');
});

test('a disk that is plugged in later, and one with a sector that cannot be read', () => {
  const { args } = guestArgs({
    architecture: 'x86-64',
    accelerator: 'tcg',
    kernel: 'k',
    commandLine: '',
    disks: [
      { file: 'a', unplugged: true },
      { file: 'b,c', unreadableAt: 4097 },
    ],
    diskBus: 'virtio-scsi',
    memory: 512,
    control: 's',
  });
  expect(args.filter((arg) => arg.includes('scsi-hd'))).toEqual(['scsi-hd,drive=disk1,id=device1']);
  expect(args).toContainEqual(
    expect.stringMatching(/^file\.driver=blkdebug,.*filename=b,,c,.*\.iotype=read,.*\.sector=8,if=none/),
  );
  expect(args).toContain('unix:s,server=on,wait=off');
  expect(plugArguments('virtio-scsi', 0)).toEqual({ driver: 'scsi-hd', drive: 'disk0', id: 'device0' });
});

test('a disk script has sectors, and leaves labels to the command that takes any', () => {
  const partition = { name: 'a "b"', type: 'T', uuid: 'U', start: 1048576, size: 2097152 };
  expect(formatSfdiskScript([partition], 'D')).toBe(
    'label: gpt\nlabel-id: D\nstart=2048, size=4096, type=T, uuid=U\n',
  );
  expect(setPartitionLabelArgs('d', 1, 'a "b"').args).toEqual(expect.arrayContaining(['d', '1', 'a "b"']));
});

test('verity data and disk writes are given in whole blocks', () => {
  const options = { data: 'd', hash: 'h', hashOffset: 8192, dataBlocks: 2, uuid: 'u', salt: 's' };
  expect(verityFormatArgs(options).args).toEqual([
    'format',
    'd',
    'h',
    '--hash-offset=8192',
    '--data-blocks=2',
    '--uuid=u',
    '--salt=s',
  ]);
  expect(writeAtArgs('s', 'd', 3 * 1048576).args).toContain('seek=3');
});

const uml = {
  machine: 'uml',
  kernel: '/uml/linux',
  libraries: '/uml/lib',
  initrd: '/initrd',
  commandLine: 'mem=1M "x y" ubd0=/etc/passwd',
  disks: [{ file: '/a.img' }, { file: '/b.img' }],
  memory: 128,
  state: '/work',
} as const;

test('User Mode Linux ends with its parent, never reboots, and gets read-only disks', () => {
  const { program, args } = umlArgs(uml);
  const line = [program, ...args].join(' ');
  expect(line).toMatch(
    /^setpriv --pdeathsig TERM env --chdir=\/uml LD_LIBRARY_PATH=\/uml\/lib \/uml\/linux mem=128M /,
  );
  expect(args).toEqual(expect.arrayContaining(['ubd0rc=/a.img', 'ubd1rc=/b.img', 'noreboot']));
  expect(args.at(-1)).toBe('printk.time=1 mem=1M "x y" ubd0=/etc/passwd');
});
