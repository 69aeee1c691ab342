/** getfattr(1): which files have extended attributes. */
import { type Command, run } from './run.ts';

/** getfattr(1): the names of all extended attributes of all files below a directory. */
export function listAttributesArgs(directory: string): Command {
  return {
    program: 'getfattr',
    args: ['--recursive', '--physical', '--no-dereference', '--match=-', '--absolute-names', directory],
  };
}

/** The files below `directory` that have any, by their path below it with a / in front. Throws ToolError. */
export async function filesWithAttributes(directory: string): Promise<ReadonlySet<string>> {
  const output = await run(listAttributesArgs(directory));
  const paths = [...output.matchAll(/^# file: (.*)$/gm)].map(([, path]) => unescapeOctal(path ?? ''));
  return new Set(paths.map((path) => path.slice(directory.length)));
}

/** getfattr writes a newline and a backslash in names as octal numbers. */
function unescapeOctal(path: string): string {
  return path.replace(/\\([0-7]{3})/g, (_, digits) => String.fromCharCode(Number.parseInt(digits, 8)));
}
