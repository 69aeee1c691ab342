/** The lab as the tests see it, and what is made of it once for all of them. */
import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { Fault } from '../../src/boot/faults/fault.ts';
import { faults } from '../../src/boot/faults/faults.ts';

const cache = process.env.XDG_CACHE_HOME || join(homedir(), '.cache');
export const labDirectory = process.env.BOOTRELAY_LAB || join(cache, 'bootrelay/lab');

export type UmlName = 'old' | 'new';

export interface UmlKernel {
  /** The program, and the directory of its C library. */
  readonly program: string;
  readonly libraries: string;
  /** The lab's sysroot with the modules of this kernel, and their version. */
  readonly sysroot: string;
  readonly kernel: string;
}

export interface Lab {
  readonly sysroot: string;
  readonly kernel: string;
  /** A kernel for any hardware: its tree and version. */
  readonly generic: { readonly sysroot: string; readonly kernel: string };
  /** Kernels as programs (User Mode Linux): that of this machine's Debian, and a newer one. */
  readonly uml: Readonly<Record<UmlName, UmlKernel>>;
  readonly fullInitrd: string;
  /** Without bootrelay: mounts /usr and the root partition by itself. */
  readonly monolithicInitrd: string;
  /** Disks of an attacker: two that are one btrfs with the UUID of /usr, and one that is a shared object. */
  readonly attacker: { readonly usr: readonly [string, string]; readonly code: string };
  readonly tools: string;
  /** Files that prepare.ts makes anew for each run of the tests. */
  readonly shared: string;
}

/** Throws with what to do where the lab is not there: a test that needs it fails, it is not skipped. */
export function openLab(): Lab {
  const version = join(labDirectory, 'kernel');
  if (!existsSync(version)) {
    throw new Error(`there is no lab in ${labDirectory}: run test/lab/make.sh, which says what it needs`);
  }
  return {
    sysroot: join(labDirectory, 'sysroot'),
    kernel: readFileSync(version, 'utf8').trim(),
    generic: {
      sysroot: join(labDirectory, 'generic'),
      kernel: readFileSync(join(labDirectory, 'generic.kernel'), 'utf8').trim(),
    },
    uml: { old: umlKernel('old'), new: umlKernel('new') },
    fullInitrd: join(labDirectory, 'full-initrd.img'),
    monolithicInitrd: join(labDirectory, 'monolithic-initrd.img'),
    attacker: {
      usr: [join(labDirectory, 'attacker/usr-1.img'), join(labDirectory, 'attacker/usr-2.img')],
      code: join(labDirectory, 'attacker/code.img'),
    },
    tools: join(labDirectory, 'tools'),
    shared: join(labDirectory, 'shared'),
  };
}

/** Releases of Debian that test/lab/release.sh makes; make.sh makes bookworm, and `npm run lab:all` the others. */
export type ReleaseName = 'bookworm' | 'trixie' | 'sid' | 'trixie-arm64';

export interface Release {
  readonly sysroot: string;
  readonly kernel: string;
  /** The full initrds that its own dracut, with bootrelay's module, and its initramfs-tools make. */
  readonly dracut: string;
  readonly initramfsTools: string;
  /** dracut's without that module. */
  readonly dracutPlain: string;
}

export function openRelease(name: ReleaseName): Release {
  const directory = join(labDirectory, 'releases', name);
  return {
    sysroot: join(directory, 'sysroot'),
    kernel: readFileSync(join(directory, 'kernel'), 'utf8').trim(),
    dracut: join(directory, 'dracut.img'),
    initramfsTools: join(directory, 'initramfs-tools.img'),
    dracutPlain: join(directory, 'dracut-plain.img'),
  };
}

/** The Debian 13 for arm64 that test/lab/arm64.sh makes; its full initrd is systemd's packages. */
export function openArm64(): Pick<Release, 'sysroot' | 'kernel'> & { readonly packages: string } {
  const { sysroot, kernel } = openRelease('trixie-arm64');
  return { sysroot, kernel, packages: join(labDirectory, 'releases/trixie-arm64/packages.img') };
}

function umlKernel(name: UmlName): UmlKernel {
  const directory = join(labDirectory, 'uml', name);
  return {
    program: join(directory, 'linux'),
    libraries: join(directory, 'lib'),
    sysroot: join(directory, 'sysroot'),
    kernel: readFileSync(join(directory, 'kernel'), 'utf8').trim(),
  };
}

/** A PC, or User Mode Linux with one of the two kernels. */
export type TestMachine = 'qemu' | 'uml-old' | 'uml-new';

/** The kernel of a machine that is User Mode Linux. */
export function umlOf(machine: TestMachine): UmlKernel | undefined {
  return machine === 'qemu' ? undefined : openLab().uml[machine === 'uml-old' ? 'old' : 'new'];
}

const bothFileSystems = (name: string) => ({
  squashfs: `/usr/lib/bootrelay/${name}.squashfs`,
  erofs: `/usr/lib/bootrelay/${name}.erofs`,
});

/** The images in every shared /usr: what and in which file system; dracut's also thin. */
export const sharedImages = {
  dracut: bothFileSystems('dracut'),
  probe: bothFileSystems('probe'),
  overlay: bothFileSystems('overlay'),
  links: bothFileSystems('links'),
} as const;

/** Where the full initrd with a fault of its image is in every shared /usr; by the name of the fault. */
export function faultImagePath(fault: Fault): string {
  const name = Object.keys(faults).find((key) => faults[key] === fault);
  return `/usr/lib/bootrelay/fault-${name}.erofs`;
}

/** The file of this machine that an image in the shared /usr was copied from. */
export function sharedFile(image: string): string {
  return join(openLab().shared, image.replaceAll('/', '-').slice(1));
}

export const sharedUsr = { erofs: 'usr-erofs.img', btrfs: 'usr-btrfs.img' } as const;

/** File systems of a /usr with the probe alone, which is made where a test wants it. */
export const rarerUsr = ['squashfs', 'xfs', 'f2fs'] as const;
