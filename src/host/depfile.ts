/** --depfile: what was made from which files, as make(1) and Ninja read it. */
import { existsSync, writeFileSync } from 'node:fs';
import { isShipped } from '../config/shipped.ts';
import type { PlannedPlatform } from './platforms.ts';
import { recordInputs } from './record-inputs.ts';
import { replaceFile } from './replace-file.ts';

export interface Depfile {
  /** Writes the rules, one for each target. */
  readonly write: (
    targets: readonly { readonly output: string; readonly platform: PlannedPlatform }[],
  ) => Promise<void>;
}

const none: Depfile = { write: async () => {} };

/** Begins to watch what is read below `roots`, where a depfile is wanted. */
export function watchInputs(file: string | undefined, roots: readonly (string | undefined)[]): Depfile {
  if (file === undefined) return none;
  const inputs = recordInputs(roots.filter((root) => root !== undefined));
  return {
    async write(targets) {
      const read = inputs();
      const rules = targets.map(({ output, platform }) =>
        formatRule(output, [...filesOf(platform), ...read]),
      );
      await replaceFile(file, (fresh) => writeFileSync(fresh, rules.join('')));
    },
  };
}

/** The files of a platform, and the directory of its drop-ins; those that come along with bootrelay are part of it. */
function filesOf({ config, files }: PlannedPlatform): readonly string[] {
  const dropIns = `${config.file}.d`;
  return [...files.filter((file) => !isShipped(file)), ...(existsSync(dropIns) ? [dropIns] : [])];
}

/** A rule of make with nothing to do. */
function formatRule(output: string, inputs: readonly string[]): string {
  const names = [...new Set(inputs)].map(escapeName);
  return `${escapeName(output)}: \\\n${names.map((name) => `  ${name}`).join(' \\\n')}\n`;
}

/** As make(1) and Ninja read names: blanks, # and : behind a backslash, $ doubled. */
function escapeName(name: string): string {
  return name.replaceAll('$', '$$$$').replaceAll(/[ #:]/g, '\\$&');
}
