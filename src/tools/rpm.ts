/** rpm, for the packages of a system. */
import type { Command } from './run.ts';

/** What is asked of each package, in this order. */
export const packageFields = ['NAME', 'EVR', 'ARCH', 'SOURCERPM', 'LICENSE'] as const;

/** All packages in the database at `place`: a line of fields between \x1f, a line for each file, and \x1e (rpm-queryformat(7)). */
export function queryAllArgs(place: string): Command {
  const fields = packageFields.map((name) => `%{${name}}`).join('\x1f');
  return { program: 'rpm', args: ['--dbpath', place, '-qa', '--qf', `${fields}\n[%{FILENAMES}\n]\x1e`] };
}
