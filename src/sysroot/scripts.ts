/** How the kernel starts a script: execve(2), "Interpreter scripts". */

/** A program that a script needs to start. */
export interface Interpreter {
  /** As the script names it. */
  readonly name: string;
  /** Paths of which one must be there. */
  readonly anyOf: readonly string[];
}

/** Where env(1) looks for a program by its name. */
const searchPath = ['/usr/bin', '/usr/sbin'];

/** What the first line of a script asks for: its interpreter, and what env(1) starts. Nothing for what is no script. */
export function interpreterOf(head: Buffer): readonly Interpreter[] {
  const line = /^#![ \t]*([^\n\0]*)/.exec(head.toString('latin1'))?.[1]?.replace(/[ \t]+$/, '') ?? '';
  const [interpreter = '', ...words] = line.split(/[ \t]+/);
  if (interpreter === '') return [];
  const own = { name: printable(interpreter), anyOf: [interpreter] };
  // Without -S all the rest of the line is one word for env.
  const program = /(^|\/)env$/.test(interpreter) ? words.find((word) => !/^-|=/.test(word)) : undefined;
  if (program === undefined) return [own];
  const anyOf = program.startsWith('/')
    ? [program]
    : searchPath.map((directory) => `${directory}/${program}`);
  return [own, { name: printable(program), anyOf }];
}

/** A script with the line ends of another system names an interpreter with a carriage return at its end. */
function printable(name: string): string {
  return name.replaceAll('\r', '\\r');
}
