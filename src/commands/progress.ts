/** Progress of long work on standard error: only on a terminal, never with --json. */
import pc from 'picocolors';

export interface Progress {
  /** Begins a piece of work; the one before it gets its time. */
  begin(what: string): void;
  /** A line in between. */
  note(line: string): void;
  end(): void;
}

export function createProgress(silent: boolean): Progress {
  const colors = pc.createColors(pc.isColorSupported);
  let current: { what: string; start: number } | undefined;
  const write = (text: string) => {
    if (!silent && process.stderr.isTTY) process.stderr.write(text);
  };
  const end = () => {
    if (!current) return;
    const seconds = ((performance.now() - current.start) / 1000).toFixed(1);
    write(colors.dim(`  ${current.what}: ${seconds} s\n`));
    current = undefined;
  };
  return {
    begin(what) {
      end();
      current = { what, start: performance.now() };
      write(`${what} ...\n`);
    },
    note: (line) => write(`${line}\n`),
    end,
  };
}
