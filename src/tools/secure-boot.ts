/** The arguments of programs that sign EFI programs, and that enrol keys into the variables of a firmware. */
import type { Command } from './run.ts';

/** Signs an EFI program. sbsign(1). */
export function sbsignArgs(options: {
  key: string;
  certificate: string;
  program: string;
  output: string;
}): Command {
  const { key, certificate, program, output } = options;
  return { program: 'sbsign', args: ['--key', key, '--cert', certificate, '--output', output, program] };
}

/** Writes a variable store in which `certificate` is platform key, exchange key and in db, and Secure Boot is on. */
export function enrolArgs(options: {
  variables: string;
  output: string;
  owner: string;
  certificate: string;
  /** More certificates of db. */
  trusted?: readonly string[];
}): Command {
  const { variables, output, owner, certificate, trusted = [] } = options;
  const keys = [
    ...['--set-pk', owner, certificate, '--add-kek', owner, certificate, '--add-db', owner, certificate],
    ...trusted.flatMap((file) => ['--add-db', owner, file]),
  ];
  return { program: 'virt-fw-vars', args: ['--input', variables, '--output', output, ...keys, '--sb'] };
}
