/** Paths of files. */
import { type ValueType, words } from './value-type.ts';

/** An absolute, normalised path without characters that any of the output's languages treats specially. */
export const plainPath: ValueType<string> = {
  name: 'path',
  split: words,
  parse(value) {
    const plain = /^(\/[A-Za-z0-9._@+-]+)+$/.test(value) && !/\/\.\.?(\/|$)/.test(value);
    return plain
      ? { value }
      : { required: 'an absolute path of letters, digits and . _ @ + - without "." or ".." parts' };
  },
};

/** A subvolume of a btrfs by its path from the top, which `/` is itself. */
export const subvolumePath: ValueType<string> = {
  ...plainPath,
  parse: (value) => (value === '/' ? { value } : plainPath.parse(value)),
};

/** A file of the sysroot, or `partition`: the one that the Discoverable Partitions Specification has for it. */
export const signatureSource: ValueType<string> = {
  name: 'path or partition',
  choices: ['partition'],
  parse: (value) => (value === 'partition' ? { value } : plainPath.parse(value)),
};

/** A path of the initramfs, and where it belongs in the full initrd. */
export interface CarriedPath {
  readonly source: string;
  readonly target: string;
}

/** `PATH`, or `PATH:PATH` for one that has another name in the full initrd. */
export const carriedPath: ValueType<CarriedPath> = {
  name: 'path, or path:path',
  split: words,
  parse(value) {
    const [source = '', target = source, ...more] = value.split(':');
    const plain = [source, target].every((path) => 'value' in plainPath.parse(path)) && more.length === 0;
    if (plain) return { value: { source, target } };
    return {
      required:
        'an absolute path of letters, digits and . _ @ + - without "." or ".." parts, or two of them with a colon between them',
      hint: '/usr/share/oem:/oem',
    };
  },
  format: ({ source, target }) => (source === target ? source : `${source}:${target}`),
};
