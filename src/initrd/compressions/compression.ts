/** What a kind of compression is, as far as an initrd is concerned. */
import { FailedToolError, InitrdError } from '../../errors.ts';
import { OutputLimitError, run } from '../../tools/run.ts';
import { type Input, read } from '../input.ts';

/** A compressed stream: where it begins in a file, and where its content is to go. */
export interface Stream {
  readonly file: string;
  readonly input: Input;
  readonly start: number;
  /** A file for the content; it is not there yet. */
  readonly output: string;
  /** Bytes that the content may have. */
  readonly limit: number;
}

export interface Compression {
  readonly name: string;
  /** The bytes that a stream begins with, in hexadecimal digits. */
  readonly magic: string;
  /** Decompresses one stream and gives the first byte behind it. Throws InitrdError for one that is cut off or damaged, ToolError. */
  readonly unpack: (stream: Stream) => Promise<number>;
}

/** `unpack` for a format whose own frames tell where a stream ends. */
export function byFrames(endOf: (input: Input, start: number) => number): Compression['unpack'] {
  return async (stream) => {
    const end = endOf(stream.input, stream.start);
    await asInitrdError(stream, () =>
      run(
        { program: 'bsdcat', args: ['-'] },
        {
          inputFile: stream.file,
          inputRange: { start: stream.start, end },
          outputFile: stream.output,
          outputLimit: stream.limit,
        },
      ),
    );
    return end;
  };
}

/** Runs a program that decompresses; what it says of the stream is what is wrong with the initrd. */
export async function asInitrdError<T>({ input, limit }: Stream, unpack: () => Promise<T>): Promise<T> {
  try {
    return await unpack();
  } catch (error) {
    if (error instanceof OutputLimitError)
      throw new InitrdError(
        `${input.name} has more than ${limit} bytes when it is decompressed: it is no initrd`,
      );
    if (!(error instanceof FailedToolError)) throw error;
    throw damaged(input, error.words);
  }
}

/** The error for a compressed stream. */
export function damaged({ name }: Input, why: string): InitrdError {
  return new InitrdError(`${name} is cut off or damaged: ${why}`);
}

/** Exactly `length` bytes of a stream from `position`. Throws InitrdError where the file ends before. */
export function readAll(input: Input, position: number, length: number): Buffer {
  const bytes = read(input, position, length);
  if (bytes.length === length) return bytes;
  throw damaged(input, 'the file ends in it');
}
