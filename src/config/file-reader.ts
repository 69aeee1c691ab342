/** What platform files are read with: this machine's files, a revision's, a test's. */
export interface FileReader {
  /** The bytes of a file, or why it cannot be read; `missing` where there is none. */
  read(path: string): Uint8Array | { readonly error: string; readonly missing: boolean };
  /** Names in a directory, sorted; none where it does not exist. */
  list(directory: string): readonly string[];
}
