/** Progress of long work on standard error, with the time that passed: only on a terminal, never with --json. */
import pc from 'picocolors';

export interface Progress {
  /** Begins a piece of work; the one before it gets its time. */
  begin(what: string): void;
  /** A line in between. */
  note(line: string): void;
  end(): void;
}

/** Does work that tells of its progress; the terminal is left on a line of its own, whatever happens. */
export async function withProgress<T>(silent: boolean, work: (progress: Progress) => Promise<T>): Promise<T> {
  const progress = createProgress(silent);
  try {
    return await work(progress);
  } finally {
    progress.end();
  }
}

/** Back to the start of the line, and clear it (ECMA-48, EL). */
const clear = '\r\u001b[K';

/** `silent` shows nothing, as does a stream that is no terminal. */
export function createProgress(
  silent: boolean,
  stream: Pick<NodeJS.WriteStream, 'write' | 'isTTY' | 'columns'> = process.stderr,
): Progress {
  const colors = pc.createColors(pc.isColorSupported);
  let current: { readonly what: string; readonly start: number; readonly timer: NodeJS.Timeout } | undefined;
  const write = (text: string) => {
    if (!silent && stream.isTTY) stream.write(text);
  };
  const draw = () => {
    if (!current) return;
    const seconds = Math.floor((performance.now() - current.start) / 1000);
    const line = seconds === 0 ? `${current.what} ...` : `${current.what} ... ${seconds} s`;
    write(clear + line.slice(0, (stream.columns || 80) - 1));
  };
  const end = () => {
    if (!current) return;
    clearInterval(current.timer);
    const seconds = ((performance.now() - current.start) / 1000).toFixed(1);
    write(`${clear}${colors.dim(`  ${current.what}: ${seconds} s`)}\n`);
    current = undefined;
  };
  return {
    begin(what) {
      end();
      // It ends with the process, if nothing else does before.
      current = { what, start: performance.now(), timer: setInterval(draw, 1000).unref() };
      draw();
    },
    note(line) {
      write(`${clear}${line}\n`);
      draw();
    },
    end,
  };
}
