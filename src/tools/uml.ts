/** The arguments of User Mode Linux, a kernel that is an ordinary program. */
import { dirname } from 'node:path';
import type { Command } from './run.ts';

/** A raw disk image that the guest cannot write to. */
export interface UmlDisk {
  readonly file: string;
}

export interface UmlOptions {
  readonly machine: 'uml';
  /** The program. The loader of its C library is found from its directory, which it runs in. */
  readonly kernel: string;
  /** The directory with its C library; by default the system's. */
  readonly libraries?: string | undefined;
  readonly initrd: string;
  readonly commandLine: string;
  readonly disks: readonly UmlDisk[];
  /** The guest's memory in MiB. */
  readonly memory: number;
  /** A directory for its process id and the socket of its management console. */
  readonly state: string;
}

/** What takes most of the time until /init otherwise: measuring algorithms for RAID 6 and a loop, making old terminals. */
const quickStart = ['initcall_blacklist=raid6_select_algo', 'lpj=20000000', 'pty.legacy_count=0'];

/**
 * A guest whose console is standard input and output, that ends when it reboots or powers off, and with its parent: at SIGTERM
 * it ends the processes that are its own programs and helpers.
 *
 * It joins its arguments to the kernel command line, and takes those for itself that begin as its own do. The guest's kernel
 * command line is one argument behind another word: nothing of it is taken, whatever it is.
 */
export function umlArgs({
  kernel,
  libraries,
  initrd,
  commandLine,
  disks,
  memory,
  state,
}: UmlOptions): Command {
  return {
    program: 'setpriv',
    args: [
      ...['--pdeathsig', 'TERM', 'env', `--chdir=${dirname(kernel)}`],
      ...(libraries === undefined ? [] : [`LD_LIBRARY_PATH=${libraries}`]),
      ...[kernel, `mem=${memory}M`, `initrd=${initrd}`, `uml_dir=${state}/`],
      // Read-only, and not locked: guests share disks, with those of QEMU too.
      ...disks.map(({ file }, index) => `ubd${index}rc=${file}`),
      ...['con=null', 'con0=fd:0,fd:1', 'ssl=null', 'noreboot', 'hostfs=/nonexistent'],
      ...quickStart,
      // Without a root and a console it adds its own behind everything else.
      ...['root=none', 'console=tty0', `printk.time=1 ${commandLine}`],
    ],
  };
}
