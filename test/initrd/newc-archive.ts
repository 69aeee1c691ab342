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
  readonly gid?: number;
  readonly device?: readonly [number, number];
  /** More zeros behind the name. */
  readonly zeros?: number;
  /** With a checksum: the format 070702. */
  readonly sum?: number;
}

const padded = (bytes: Buffer) => Buffer.concat([bytes, Buffer.alloc((4 - (bytes.length % 4)) % 4)]);

export function newcEntry({
  name,
  bytes = Buffer.from(name),
  mode,
  data = '',
  inode = 0,
  links = 1,
  uid = 0,
  gid = 0,
  device: [major, minor] = [0, 0],
  zeros = 0,
  sum,
}: Raw): Buffer {
  const content = Buffer.from(data as string);
  const path = Buffer.concat([bytes, Buffer.alloc(1 + zeros)]);
  const numbers = [
    inode,
    mode,
    uid,
    gid,
    links,
    0,
    content.length,
    0,
    0,
    major,
    minor,
    path.length,
    sum ?? 0,
  ];
  const fields = numbers.map((field) => field.toString(16).padStart(8, '0')).join('');
  const magic = sum === undefined ? '070701' : '070702';
  return Buffer.concat([padded(Buffer.concat([Buffer.from(`${magic}${fields}`), path])), padded(content)]);
}

/** The entries, and the trailer behind them. */
export function newcArchive(entries: readonly Raw[]): Buffer {
  return Buffer.concat([...entries, { name: 'TRAILER!!!', mode: 0 }].map(newcEntry));
}

/** An archive as those who make initrds write it: the directories of each file are in front of it. */
export function newcTree(entries: readonly Raw[]): Buffer {
  const there = new Set(entries.map(({ name }) => name));
  const complete = entries.flatMap((entry) => {
    const parts = entry.name.split('/').slice(0, -1);
    const above = parts.map((_, index) => parts.slice(0, index + 1).join('/'));
    const missing = above.filter((path) => path !== '' && !there.has(path));
    for (const path of missing) there.add(path);
    return [...missing.map((name): Raw => ({ name, mode: 0o040755 })), entry];
  });
  return newcArchive(complete);
}
