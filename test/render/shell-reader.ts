/** What a shell script starts, sets and needs, read from its syntax tree. */
import { type Command, forEachChild, parse, type SyntaxNode, type Word } from 'unbash';
import { reasons } from '../../src/plan/reasons.ts';

/** What dash and busybox sh do themselves, of what our texts use: nothing in a file system is started. */
export const builtins: readonly string[] =
  '. [ break continue echo exec exit export kill printf read return set shift true unset wait'.split(' ');

/** Programs and builtins that start what some of their words say: the place of the first of those words. */
const starters: Readonly<Record<string, (words: readonly string[]) => number>> = {
  exec: () => 0,
  env: (words) => words.findIndex((word) => !/^-|=/.test(word)),
  setsid: (words) => words.findIndex((word) => !word.startsWith('-')),
  timeout: () => 1,
  find: (words) => words.indexOf('-exec') + 1 || words.length,
};

export interface ShellReading {
  /** Names of programs, without their directories; those that functions of a text before start are not this one's. */
  readonly programs: ReadonlySet<string>;
  readonly builtins: ReadonlySet<string>;
  /** Functions that are called, of this text or of one before it. */
  readonly calls: ReadonlySet<string>;
  /** Variables whose value comes from before: this text reads them before anything sets them. */
  readonly reads: ReadonlySet<string>;
  /** Variables that are set, and those of them that are set under every condition. */
  readonly sets: ReadonlySet<string>;
  readonly setsAlways: ReadonlySet<string>;
  /** The first words of calls of `stop` and `refuse`. */
  readonly stops: ReadonlySet<string>;
  /** Functions that are known behind this text, with their bodies. */
  readonly functions: ReadonlyMap<string, SyntaxNode>;
}

/** Reads a script; `functions` are those that are defined before it. Throws where it is no shell. */
export function readShell(
  text: string,
  functions: ReadonlyMap<string, SyntaxNode> = new Map(),
): ShellReading {
  const script = parse(text);
  if (script.errors?.length) throw new Error(JSON.stringify(script.errors));
  const reader = new Reader(text, functions);
  reader.read(script);
  if (script.shebang !== undefined) reader.start(script.shebang.replace(/^#!/, ''));
  return reader;
}

class Reader implements ShellReading {
  readonly programs = new Set<string>();
  readonly builtins = new Set<string>();
  readonly calls = new Set<string>();
  readonly reads = new Set<string>();
  readonly sets = new Set<string>();
  readonly setsAlways = new Set<string>();
  readonly stops = new Set<string>();
  readonly functions: Map<string, SyntaxNode>;
  private readonly text: string;
  private readonly running = new Set<string>();
  private readonly inherited: ReadonlyMap<string, SyntaxNode>;
  private conditions = 0;
  private inInherited = 0;

  constructor(text: string, functions: ReadonlyMap<string, SyntaxNode>) {
    this.text = text;
    this.inherited = functions;
    this.functions = new Map(functions);
  }

  /** Reads a part of the tree in the order in which a shell runs it. */
  read(node: SyntaxNode): void {
    switch (node.type) {
      case 'Function':
        this.functions.set(node.name.value, node.body);
        return;
      case 'Command':
        this.readCommand(node);
        return;
      case 'Assignment':
        this.readAll(node);
        this.set(node.name);
        return;
      case 'For':
        for (const word of node.wordlist ?? []) this.read(word);
        this.set(node.name.value);
        this.sometimes(() => this.read(node.body));
        return;
      case 'AndOr':
        node.commands.forEach((command, index) => {
          if (index === 0) this.read(command);
          else this.sometimes(() => this.read(command));
        });
        return;
      case 'If':
        this.read(node.clause);
        this.sometimes(() => {
          for (const part of [node.then, ...node.elif, node.else]) if (part) this.read(part);
        });
        return;
      case 'While':
        this.read(node.clause);
        this.sometimes(() => this.read(node.body));
        return;
      case 'CaseItem':
        this.sometimes(() => this.readAll(node));
        return;
      case 'SimpleExpansion':
        this.use(node.text.slice(1));
        return;
      case 'ParameterExpansion':
        this.readAll(node);
        this.use(node.parameter);
        if (node.operation?.type === 'Default' && node.operation.operator.endsWith('='))
          this.set(node.parameter);
        return;
      case 'ArithmeticWord':
        this.readAll(node);
        if (!node.parts) this.use(node.value);
        return;
      case 'HereDoc':
        this.readAll(node.body);
        return;
      default:
        this.readAll(node);
    }
  }

  /** What is started by this name, or by this path. */
  start(path: string): void {
    if (this.inInherited === 0) this.programs.add(path.split('/').at(-1) ?? path);
  }

  private readAll(node: SyntaxNode): void {
    forEachChild(node, (child) => this.read(child));
  }

  private sometimes(run: () => void): void {
    this.conditions++;
    run();
    this.conditions--;
  }

  private use(name: string): void {
    if (this.inInherited > 0 || this.sets.has(name)) return;
    if (/^[A-Za-z_]\w*$/.test(name)) this.reads.add(name);
  }

  private set(name: string): void {
    this.sets.add(name);
    if (this.conditions === 0) this.setsAlways.add(name);
  }

  private readCommand(command: Command): void {
    this.readAll(command);
    const words = command.args.flatMap((word) => (word.type === 'Word' ? [word] : []));
    if (command.name) for (const name of this.valuesOf(command.name)) this.run(name, words);
  }

  /** A command by its name and its words, which the shell has expanded already. */
  private run(name: string, words: readonly Word[]): void {
    const values = words.map(({ value }) => value);
    const body = this.functions.get(name);
    if (body) {
      this.calls.add(name);
      this.call(name, body);
    } else if (builtins.includes(name)) this.builtins.add(name);
    else this.start(name);
    if (this.inInherited === 0) this.readStop(name, values);
    if (name === 'read') for (const value of values) if (/^\w+$/.test(value)) this.set(value);
    if (name === 'take') this.set(values[0] ?? '');
    const place = starters[name]?.(values) ?? words.length;
    const inner = words[place];
    if (inner) for (const started of this.valuesOf(inner)) this.run(started, words.slice(place + 1));
  }

  /** A reason; one that takes the place of another is set by stop() itself. */
  private readStop(name: string, values: readonly string[]): void {
    const [first = '', second = ''] = values;
    if (first !== '' && (name === 'stop' || name === 'refuse')) this.stops.add(first);
    if (name === 'set' && first === '--' && second in reasons) this.stops.add(second);
  }

  /** A function's body counts where it is called. */
  private call(name: string, body: SyntaxNode): void {
    if (this.running.has(name)) return;
    const inherited = this.inherited.get(name) === body ? 1 : 0;
    this.running.add(name);
    this.inInherited += inherited;
    this.read(body);
    this.inInherited -= inherited;
    this.running.delete(name);
  }

  /** The texts that a word can be: those of a variable in it are what the script sets it to. */
  private valuesOf({ text, value }: Word): readonly string[] {
    const expansion = /\$\{?(\w+)\}?/.exec(value);
    if (!expansion) return [value];
    const literals = [...this.text.matchAll(new RegExp(`\\b${expansion[1]}=([\\w-]+)`, 'g'))];
    if (literals.length === 0) throw new Error(`${text} can be any program`);
    return literals.map((literal) => value.replace(expansion[0], literal[1] ?? ''));
  }
}
