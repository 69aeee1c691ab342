/** [Initrd]: the minimal initrd: its form, how it is compressed, what else is in it. */
import { is, isNot } from '../only-with.ts';
import { setting } from '../setting.ts';
import { plainPath } from '../value-types/paths.ts';
import { size } from '../value-types/sizes.ts';
import { choice, integer } from '../value-types/value-type.ts';

export const initrd = {
  Init: setting({
    type: choice('shell', 'systemd'),
    default: 'shell',
    help: 'Form of stage 1: `shell` is a POSIX /init run by busybox; `systemd` is systemd as PID 1, with the steps in units.',
    since: '0.1.0',
  }),
  Compression: setting({
    type: choice('zstd', 'xz', 'gzip', 'none'),
    default: 'zstd',
    help: 'Compression of the minimal initrd. The kernel needs the matching CONFIG_RD_ option.',
    since: '0.1.0',
  }),
  CompressionLevel: setting({
    type: integer(1, 22),
    onlyWith: [isNot('Initrd.Compression', 'none')],
    help: 'Compression level. Default: 18 for zstd, 9 for xz (with the CRC32 check that the kernel knows) and gzip.',
    since: '0.1.0',
  }),
  SizeBudget: setting({
    type: size,
    default: '0',
    help: 'Largest size of the compressed minimal initrd; a larger one fails the build. 0: no limit.',
    since: '0.1.0',
  }),
  MemoryLimit: setting({
    type: size,
    default: '0',
    help: 'Most memory that unpacking the minimal initrd may need: `build` says how much of it is for the packed initrd, its files and the decompressor; more fails the build. 0: no limit.',
    since: '0.2.0',
  }),
  Microcode: setting({
    type: choice('intel', 'amd'),
    default: [],
    onlyWith: [is('Platform.Architecture', 'x86-64')],
    help: 'Processor microcode of the sysroot to put in front of the minimal initrd, uncompressed, as the kernel reads it early.',
    since: '0.1.0',
  }),
  ExtraFiles: setting({
    type: plainPath,
    default: [],
    help: 'A file or directory of the sysroot to put into the minimal initrd at the same path; programs bring their libraries.',
    since: '0.1.0',
  }),
};
