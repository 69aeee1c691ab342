/** The arguments of qemu-img and qemu-io: disk images of any format, and layers over them that take what is written. */
import type { Command } from './run.ts';

/** Formats of images that are booted. */
export const imageFormats = ['raw', 'qcow2'] as const;
export type DiskFormat = (typeof imageFormats)[number];

/** JSON with the format and size of an image, which nobody else needs to have closed. */
export function imageInfoArgs(file: string): Command {
  return { program: 'qemu-img', args: ['info', '--force-share', '--output=json', '--', file] };
}

/** Copies the first MiB of what a guest sees of an image. */
export function imageHeadArgs(file: string, format: DiskFormat, output: string): Command {
  const names = [`if=${file}`, `of=${output}`];
  return { program: 'qemu-img', args: ['dd', '-U', '-f', format, '-O', 'raw', 'bs=1M', 'count=1', ...names] };
}

/** An empty layer over an image, which is only read. Both names must be absolute. */
export function imageLayerArgs(file: string, format: DiskFormat, layer: string): Command {
  return {
    program: 'qemu-img',
    args: ['create', '-q', '-f', 'qcow2', '-F', format, '-b', file, layer],
  };
}

/** Makes a sparse raw file of an image. */
export function imageToRawArgs(file: string, format: DiskFormat, output: string): Command {
  return { program: 'qemu-img', args: ['convert', '-U', '-f', format, '-O', 'raw', '--', file, output] };
}

/** Writes the bytes of a file into a layer, `offset` bytes behind its start. qemu-io has no quotes: `bytes` is a name without blanks. */
export function writeToLayerArgs(layer: string, offset: number, bytes: string, length: number): Command {
  return { program: 'qemu-io', args: ['-f', 'qcow2', '-c', `write -s ${bytes} ${offset} ${length}`, layer] };
}

/** Encrypts a raw image with a passphrase into a file in the format of LUKS, without dm-crypt; a guess at it is as cheap as it gets. */
export function luksArgs(file: string, output: string, passphrase: string): Command {
  const cipher = 'cipher-alg=aes-256,cipher-mode=xts,ivgen-alg=plain64,hash-alg=sha256,iter-time=10';
  const key = ['--object', `secret,id=key,data=${passphrase}`];
  const format = ['-f', 'raw', '-O', 'luks', '-o', `key-secret=key,${cipher}`];
  return { program: 'qemu-img', args: ['convert', '-q', ...key, ...format, '--', file, output] };
}
