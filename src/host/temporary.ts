/** Files and directories that last as long as a command runs: removed at its end, and when it is interrupted. */
import { existsSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { ToolError } from '../errors.ts';

const present = new Set<string>();

/** Signals that end a command, and their numbers: a shell sees 128 + number. */
const signals = { SIGHUP: 1, SIGINT: 2, SIGTERM: 15 } as const;

/** Each is renamed first, in one step: a tool that still works on it finds it whole or not at all. */
function removeAll(): void {
  for (const path of present) {
    const gone = `${path}.gone`;
    if (existsSync(path)) renameSync(path, gone);
    rmSync(gone, { recursive: true, force: true });
  }
}

let listening = false;

function listen(): void {
  if (listening) return;
  listening = true;
  for (const [signal, number] of Object.entries(signals)) {
    process.once(signal, () => {
      removeAll();
      process.exit(128 + number);
    });
  }
}

/** True for what lasts only as long as the command runs. */
export function isTemporary(path: string): boolean {
  return [...present].some((one) => path === one || path.startsWith(`${one}/`));
}

/** Removes `path` when the command is interrupted, until forget() is told of it. */
export function remember(path: string): string {
  listen();
  present.add(path);
  return path;
}

/** No longer removes `path` when the command is interrupted. */
export function forget(path: string): void {
  present.delete(path);
}

/** Runs `task` with a work directory: kept if a tool fails, with its name in the error. */
export async function withWorkDirectory<T>(task: (work: string) => Promise<T>): Promise<T> {
  const work = remember(mkdtempSync(join(resolve(tmpdir()), 'bootrelay-')));
  let keep = false;
  try {
    return await task(work);
  } catch (error) {
    if (error instanceof ToolError) {
      keep = true;
      error.message += `\nThe work directory is kept: ${work}`;
    }
    throw error;
  } finally {
    if (!keep) rmSync(work, { recursive: true, force: true });
    forget(work);
  }
}
