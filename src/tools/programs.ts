/** The external programs: what each is called, which Debian package brings it, how it tells its version. */
import { accessSync, closeSync, constants, existsSync, openSync, readdirSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { ToolError } from '../errors.ts';

export interface Program {
  readonly package: string;
  readonly versionArgs: readonly string[];
  /** The environment variable that may name another program, with its first arguments, as make(1) has it. */
  readonly variable?: string;
  /** Variables of the caller's environment that it gets, by default none: only those that change no byte of what is built. */
  readonly keeps?: RegExp;
  /** A compiler starts programs of its own: it does not run from a tools tree. */
  readonly compiles?: true;
  /** How to do without the program. */
  readonly instead?: string;
}

const compiler = {
  versionArgs: ['--version'],
  compiles: true,
  // Caches of compilers, which CC may name.
  keeps: /^(HOME|XDG_CACHE_HOME|CCACHE_DIR|SCCACHE_DIR)$/,
  instead: 'Verity.Tool=dmsetup needs no compiler',
} as const;

export const programs = {
  bsdcat: { package: 'libarchive-tools', versionArgs: ['--version'] },
  bsdtar: { package: 'libarchive-tools', versionArgs: ['--version'] },
  'aarch64-linux-gnu-gcc': { package: 'gcc-aarch64-linux-gnu', ...compiler },
  cc: {
    package: 'gcc',
    variable: 'CC',
    ...compiler,
  },
  cp: { package: 'coreutils', versionArgs: ['--version'] },
  debugfs: { package: 'e2fsprogs', versionArgs: ['-V'] },
  dd: { package: 'coreutils', versionArgs: ['--version'] },
  getfattr: { package: 'attr', versionArgs: ['--version'] },
  git: {
    package: 'git',
    versionArgs: ['--version'],
    // Which repository it is, whom it trusts, and how what is missing in a partial clone is fetched.
    keeps:
      /^(HOME|XDG_CONFIG_HOME|USER|SSH_AUTH_SOCK|GIT_(DIR|WORK_TREE|COMMON_DIR|OBJECT_DIRECTORY|ALTERNATE_OBJECT_DIRECTORIES|CEILING_DIRECTORIES|DISCOVERY_ACROSS_FILESYSTEM|CONFIG\w*|SSH\w*|ASKPASS))$/,
  },
  'grub-mkimage': { package: 'grub-common with grub-efi-amd64-bin', versionArgs: ['--version'] },
  gzip: { package: 'gzip', versionArgs: ['--version'] },
  'mkfs.btrfs': { package: 'btrfs-progs', versionArgs: ['--version'] },
  'mkfs.erofs': { package: 'erofs-utils', versionArgs: ['--version'] },
  'mkfs.ext4': { package: 'e2fsprogs', versionArgs: ['-V'] },
  'mkfs.f2fs': { package: 'f2fs-tools', versionArgs: ['-V'] },
  'mkfs.xfs': { package: 'xfsprogs', versionArgs: ['-V'] },
  mcopy: { package: 'mtools', versionArgs: ['--version'] },
  'mkfs.vfat': { package: 'dosfstools', versionArgs: ['--help'] },
  mksquashfs: { package: 'squashfs-tools', versionArgs: ['-version'] },
  mmd: { package: 'mtools', versionArgs: ['--version'] },
  modinfo: { package: 'kmod', versionArgs: ['--version'] },
  openssl: { package: 'openssl', versionArgs: ['version'] },
  perl: { package: 'perl-base', versionArgs: ['--version'] },
  'qemu-img': { package: 'qemu-utils', versionArgs: ['--version'] },
  'qemu-io': { package: 'qemu-utils', versionArgs: ['--version'] },
  'qemu-system-aarch64': { package: 'qemu-system-arm', versionArgs: ['--version'] },
  'qemu-system-x86_64': { package: 'qemu-system-x86', versionArgs: ['--version'] },
  rpm: { package: 'rpm', versionArgs: ['--version'] },
  sbsign: { package: 'sbsigntool', versionArgs: ['--version'] },
  setpriv: { package: 'util-linux', versionArgs: ['--version'] },
  sfdisk: { package: 'fdisk', versionArgs: ['--version'] },
  'sload.f2fs': { package: 'f2fs-tools', versionArgs: ['-V'] },
  sqfstar: { package: 'squashfs-tools', versionArgs: ['-version'] },
  swtpm: { package: 'swtpm', versionArgs: ['--version'] },
  'systemd-measure': { package: 'systemd', versionArgs: ['--version'] },
  ukify: {
    package: 'systemd-ukify',
    versionArgs: ['--version'],
    // Where engines and providers find the keys that they have.
    keeps:
      /^(HOME|XDG_CONFIG_HOME|OPENSSL_(CONF|MODULES|ENGINES)|PKCS11_\w+|P11_KIT_\w+|SOFTHSM2_CONF|YUBIHSM_\w+)$/,
  },
  veritysetup: { package: 'cryptsetup-bin', versionArgs: ['--version'] },
  'virt-fw-vars': { package: 'python3-virt-firmware', versionArgs: ['--help'] },
  'x86_64-linux-gnu-gcc': { package: 'gcc-x86-64-linux-gnu', ...compiler },
  xz: { package: 'xz-utils', versionArgs: ['--version'] },
  zstd: { package: 'zstd', versionArgs: ['--version'] },
} as const satisfies Record<string, Program>;

export type ProgramName = keyof typeof programs;

/** The environment variable that names a tools tree. */
export const toolsTreeVariable = 'BOOTRELAY_TOOLS_TREE';

/** How a program is started: the file to execute and the arguments that go before its own. */
export interface Executable {
  readonly file: string;
  readonly prefix: readonly string[];
}

const systemDirectories = ['/usr/sbin', '/usr/bin', '/sbin', '/bin', '/usr/lib/systemd'];

/**
 * Finds a program: first in the tools tree that BOOTRELAY_TOOLS_TREE names (an unpacked distribution, whose
 * programs are run with its own loader and libraries), then in PATH and the system's directories.
 * Throws ToolError with the package that brings it.
 */
export function findProgram(name: ProgramName, directories = searchPath()): Executable {
  const program: Program = programs[name];
  const [chosen = name, ...prefix] = (process.env[program.variable ?? ''] ?? '').split(' ').filter(Boolean);
  const tree = program.compiles ? undefined : process.env[toolsTreeVariable];
  const fromTree = tree ? findInTree(name, tree) : undefined;
  if (fromTree) return fromTree;
  const places = chosen.includes('/') ? [''] : directories;
  const file = places.map((directory) => join(directory, chosen)).find(isExecutable);
  if (file) return { file, prefix };
  const instead = program.instead === undefined ? '' : `; ${program.instead}`;
  throw new ToolError(
    `${chosen} is not installed; Debian's package ${program.package} has ${name === chosen ? 'it' : name}${instead}`,
  );
}

function searchPath(): readonly string[] {
  return [...(process.env.PATH ?? '').split(':').filter(Boolean), ...systemDirectories];
}

/** usr/local/bin has scripts that start programs of the tree which need more than their libraries. */
const treeDirectories = ['usr/local/bin', 'usr/bin', 'usr/sbin'];

function findInTree(name: string, tree: string): Executable | undefined {
  const file = treeDirectories.map((directory) => join(tree, directory, name)).find(isExecutable);
  const loader = ['usr/lib64/ld-linux-x86-64.so.2', 'usr/lib/ld-linux-aarch64.so.1']
    .map((path) => join(tree, path))
    .find((path) => existsSync(path));
  if (file && isScript(file)) return { file, prefix: [] };
  if (!file || !loader) return undefined;
  return { file: loader, prefix: ['--library-path', libraryDirectories(tree).join(':'), file] };
}

/** A script is started by an interpreter of this machine: the tree's owner wrote it for that. */
function isScript(file: string): boolean {
  const begin = Buffer.alloc(2);
  const descriptor = openSync(file, 'r');
  readSync(descriptor, begin, 0, begin.length, 0);
  closeSync(descriptor);
  return begin.toString('latin1') === '#!';
}

function libraryDirectories(tree: string): readonly string[] {
  const library = join(tree, 'usr/lib');
  const multiarch = readdirSync(library).filter((name) => /-linux-gnu$/.test(name));
  return [...multiarch.map((name) => join(library, name)), join(tree, 'usr/lib64'), library];
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
