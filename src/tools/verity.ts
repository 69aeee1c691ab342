/** veritysetup(8): hash trees of dm-verity. */
import { ToolError } from '../errors.ts';
import { type Command, run } from './run.ts';

export interface HashTreeOptions {
  readonly data: string;
  /** The same file: the tree goes behind the data. */
  readonly hash: string;
  /** Where the hash tree begins in `hash`, in bytes; the size of the data where both are one file. */
  readonly hashOffset: number;
  readonly dataBlocks: number;
  readonly uuid: string;
  /** In hexadecimal. */
  readonly salt: string;
  /** The file for forward error correction data, and the parity bytes of each code word. */
  readonly correction?: { readonly file: string; readonly roots: number } | undefined;
}

/** Writes a hash tree for `data` into `hash`, with `correction` also the data for forward error correction, and prints the root hash. */
export function verityFormatArgs(options: HashTreeOptions): Command {
  const { data, hash, hashOffset, dataBlocks, uuid, salt, correction } = options;
  return {
    program: 'veritysetup',
    args: [
      ...['format', data, hash, `--hash-offset=${hashOffset}`, `--data-blocks=${dataBlocks}`],
      ...[`--uuid=${uuid}`, `--salt=${salt}`],
      ...(correction ? [`--fec-device=${correction.file}`, `--fec-roots=${correction.roots}`] : []),
    ],
  };
}

/** Makes a hash tree; gives the root hash in hexadecimal. Throws ToolError. */
export async function makeHashTree(options: HashTreeOptions): Promise<string> {
  const output = await run(verityFormatArgs(options));
  const rootHash = /^Root hash:\s*([0-9a-f]+)$/m.exec(output)?.[1];
  if (!rootHash) throw new ToolError(`veritysetup prints no root hash:\n${output}`);
  return rootHash;
}

/** Compares all data of a file with the hash tree behind them; a ToolError where they do not match. */
export function verityVerifyArgs(file: string, hashOffset: number, rootHash: string): Command {
  return { program: 'veritysetup', args: ['verify', file, file, rootHash, `--hash-offset=${hashOffset}`] };
}
