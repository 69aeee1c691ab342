/** Builds as data, and as the text of a Ninja file. */
import { isShipped } from '../config/shipped.ts';
import { quoteShell } from '../text/quote.ts';

export type JobForm = 'shell' | 'systemd';

/** One build. */
export interface Job {
  readonly name: string;
  /** The platform file. */
  readonly platform: string;
  readonly kernel: string;
  readonly form: JobForm;
  /** Texts of --set. */
  readonly set: readonly string[];
  readonly sysroot: string;
  readonly output: string;
}

/** The command line of a job; `program` is what is started as bootrelay. */
export function shellCommand(job: Job, program: string): string {
  return `${quoteShell(program)} ${argumentsOf(job)}`;
}

function argumentsOf({ platform, kernel, set, sysroot, output }: Job): string {
  const options = ['--sysroot', sysroot, '--kernel', kernel, '--output', output];
  const words = ['build', platform, ...options, ...set.flatMap((one) => ['--set', one])];
  return words.map(quoteShell).join(' ');
}

/**
 * A Ninja file: an edge for each job, whose inputs the depfile of the build tells (Ninja manual, "Depfile"). A `program` that is
 * a file is one of them: another release builds all of them anew.
 */
export function formatNinja(jobs: readonly Job[], program: string): string {
  const own = program.includes('/') ? ` | ${escapePath(program)}` : '';
  const edges = jobs.map((job) =>
    [
      `build ${escapePath(`${job.output}/initrd.img`)}: bootrelay${isShipped(job.platform) ? '' : ` ${escapePath(job.platform)}`}${own}`,
      `  command_line = ${escapeValue(`${argumentsOf(job)} --depfile ${quoteShell(`${job.output}.d`)}`)}`,
      `  depfile = ${escapeValue(`${job.output}.d`)}`,
      `  name = ${escapeValue(job.name)}`,
      '',
    ].join('\n'),
  );
  return [
    'ninja_required_version = 1.5',
    `bootrelay = ${escapeValue(quoteShell(program))}`,
    '',
    'rule bootrelay',
    '  command = $bootrelay $command_line > /dev/null',
    '  deps = gcc',
    '  description = build $name',
    '',
    ...edges,
  ].join('\n');
}

/** `$` is Ninja's own sign; a path ends at a blank or a colon. */
function escapePath(path: string): string {
  return path.replaceAll(/[$ :]/g, '$$$&');
}

function escapeValue(value: string): string {
  return value.replaceAll('$', '$$$$');
}
