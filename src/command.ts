/** What a command is: its arguments and options as data, and what runs it. */
import type { InferredOptionType, Options } from 'yargs';
import type { CommandResult } from './host/result.ts';

type Rows = Readonly<Record<string, Options & { readonly describe: string }>>;

/** keep-disk -> keepDisk, as yargs gives it. */
type CamelCase<Name> = Name extends `${infer First}-${infer Rest}` ? `${First}${Capitalize<Rest>}` : Name;

type ArgumentsOf<R extends Rows> = { [Key in keyof R as CamelCase<Key>]: InferredOptionType<R[Key]> };

interface TypedCommand<P extends Rows, O extends Rows> {
  readonly name: string;
  /** Names that the command had in earlier releases: they work, and no help shows them. */
  readonly oldNames?: readonly string[];
  readonly describe: string;
  /** In their order; `array` takes all that are left. */
  readonly positionals: P;
  readonly options: O;
  /** Imports the command only when it is run: imports cost. */
  readonly run: (args: ArgumentsOf<P> & ArgumentsOf<O>) => Promise<CommandResult>;
}

/** A command whose types of arguments are forgotten: yargs has checked them. */
export type Command = TypedCommand<Rows, Rows> & { readonly run: (args: never) => Promise<CommandResult> };

/** A row of the table: its options are the types of the arguments that `run` gets. */
export function command<const P extends Rows, const O extends Rows>(row: TypedCommand<P, O>): Command {
  return row as unknown as Command;
}

/** `build <platform>`, as yargs and the synopsis have it. `name` may be an old one. */
export function usageOf({ name, positionals }: Pick<Command, 'name' | 'positionals'>): string {
  const words = Object.entries(positionals).map(([key, { array, demandOption }]) => {
    const word = `${key}${array ? '..' : ''}`;
    return demandOption ? `<${word}>` : `[${word}]`;
  });
  return [name, ...words].join(' ');
}
