/** newc archives for tests, made byte by byte. */

/** An entry as it is written, right or wrong. */
export interface Raw {
  readonly name: string;
  /** The name as bytes, where it is no text. */
  readonly bytes?: Buffer;
  readonly mode: number;
  readonly data?: string | Buffer;
  readonly inode?: number;
  readonly links?: number;
  readonly uid?: number;
}

const padded = (bytes: Buffer) => Buffer.concat([bytes, Buffer.alloc((4 - (bytes.length % 4)) % 4)]);

export function newcEntry({
  name,
  bytes: path = Buffer.from(name),
  mode,
  data = '',
  inode = 0,
  links = 1,
  uid = 0,
}: Raw): Buffer {
  const content = Buffer.from(data as string);
  const numbers = [inode, mode, uid, 0, links, 0, content.length, 0, 0, 0, 0, path.length + 1, 0];
  const fields = numbers.map((field) => field.toString(16).padStart(8, '0')).join('');
  return Buffer.concat([
    padded(Buffer.concat([Buffer.from(`070701${fields}`), path, Buffer.alloc(1)])),
    padded(content),
  ]);
}

/** The entries, and the trailer behind them. */
export function newcArchive(entries: readonly Raw[]): Buffer {
  return Buffer.concat([...entries, { name: 'TRAILER!!!', mode: 0 }].map(newcEntry));
}
