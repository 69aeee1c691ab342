/** What rendering gives: texts by path, ready to be written or built. */

export interface RenderedFile {
  readonly text: string;
  /** Permission bits: 0o755 for what is executed, 0o600 for what only root reads, 0o644 for the rest. */
  readonly mode: 0o600 | 0o644 | 0o755;
}

export interface RenderedLink {
  /** What the symbolic link says. */
  readonly target: string;
}

/** Files by their path relative to the platform's output directory, in the order in which one reads them. */
export type RenderedTree = ReadonlyMap<string, RenderedFile | RenderedLink>;

/** The text that is rendered to `path`; undefined where there is none. */
export function textAt(tree: RenderedTree, path: string): string | undefined {
  const file = tree.get(path);
  return file && 'text' in file ? file.text : undefined;
}
