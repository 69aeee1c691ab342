/**
 * The types a setting's value can have: each reads one text and gives a value or says what it requires.
 * Syntax of booleans, time spans and sizes: systemd.syntax(7), systemd.time(7).
 */

export type Parsed<T> = { readonly value: T } | { readonly required: string; readonly hint?: string };

export interface ValueType<T> {
  /** The type's name in docs/settings.md. */
  readonly name: string;
  /** Reads one value. `required` of the answer completes the sentence "the value must be ...". */
  parse(text: string): Parsed<T>;
  /** All values, where they can be listed (documentation, completion). */
  readonly choices?: readonly string[];
  /** The text of a value that is no plain text or number. */
  format?(value: T): string;
}

/** Seconds from a time span as in systemd.time(7): a plain number is seconds. */
export const timeSpan: ValueType<number> = {
  name: 'time span',
  parse(text) {
    const required = 'a time span such as 90s, 1min 30s or 500ms; a plain number means seconds';
    const parts = [...text.matchAll(/\s*(\d+(?:\.\d+)?)\s*([a-z]*)/gy)];
    const units = parts.map((part) => secondsPerUnit[part[2] ?? '']);
    const consumed = parts.reduce((length, part) => length + part[0].length, 0);
    if (parts.length === 0 || consumed !== text.trimEnd().length || units.includes(undefined))
      return { required };
    const seconds = parts.reduce((sum, part, index) => sum + Number(part[1]) * (units[index] ?? 0), 0);
    return seconds <= maximumSeconds
      ? { value: Math.round(seconds * 1000) / 1000 }
      : { required: `${required}, at most one day` };
  },
};

/** Seconds, none of them in part: what the kernel counts in. */
export const wholeSeconds: ValueType<number> = {
  name: 'time span of whole seconds',
  parse(text) {
    const parsed = timeSpan.parse(text);
    if (!('value' in parsed) || Number.isInteger(parsed.value)) return parsed;
    return { required: 'a time span of whole seconds, such as 10s or 1min' };
  },
};

const maximumSeconds = 86_400;

const secondsPerUnit: Readonly<Record<string, number>> = {
  '': 1,
  ms: 0.001,
  msec: 0.001,
  s: 1,
  sec: 1,
  second: 1,
  seconds: 1,
  m: 60,
  min: 60,
  minute: 60,
  minutes: 60,
  h: 3600,
  hr: 3600,
  hour: 3600,
  hours: 3600,
};

const sizeFactors: Readonly<Record<string, number>> = {
  '': 1,
  K: 1024,
  M: 1024 ** 2,
  G: 1024 ** 3,
  T: 1024 ** 4,
};

function parseSize(text: string): number | undefined {
  const match = /^(\d+)\s*([KMGT]?)$/.exec(text);
  const bytes = match ? Number(match[1]) * (sizeFactors[match[2] ?? ''] ?? 1) : Number.NaN;
  return Number.isSafeInteger(bytes) ? bytes : undefined;
}

/** Bytes from a size; K, M, G and T are powers of 1024. */
export const size: ValueType<number> = {
  name: 'size',
  parse(text) {
    const value = parseSize(text);
    return value === undefined ? { required: 'a size in bytes such as 4096, 512K, 4M or 1G' } : { value };
  },
};

/** A tmpfs size: bytes, or a percentage of the machine's memory. Text as mount(8) takes it. */
export const memorySize: ValueType<string> = {
  name: 'size or percentage',
  parse(text) {
    const percent = /^(\d{1,3})%$/.exec(text);
    if (percent && Number(percent[1]) >= 1 && Number(percent[1]) <= 100) return { value: text };
    const bytes = parseSize(text);
    if (bytes !== undefined && bytes > 0) return { value: String(bytes) };
    return { required: 'a size such as 64M, or 1% to 100% of the memory' };
  },
};

/** A verity hash offset: `auto`, or bytes in whole blocks. */
export const blockOffset: ValueType<number | 'auto'> = {
  name: 'auto or bytes',
  parse(text) {
    if (text === 'auto') return { value: 'auto' };
    const value = parseSize(text);
    if (value === undefined) return { required: 'auto, or an offset in bytes such as 1065345024 or 1016M' };
    if (value % verityBlockSize === 0) return { value };
    const next = Math.ceil(value / verityBlockSize) * verityBlockSize;
    return {
      required: `a multiple of the block size, ${verityBlockSize}`,
      hint: `the next block starts at ${next}`,
    };
  },
};

/** An offset of whole blocks, in bytes. */
export const blockBytes: ValueType<number> = {
  name: 'bytes',
  parse(text) {
    const parsed = blockOffset.parse(text);
    if ('required' in parsed) return { ...parsed, required: parsed.required.replace('auto, or ', '') };
    return parsed.value === 'auto'
      ? { required: 'an offset in bytes such as 8388608 or 8M' }
      : { value: parsed.value };
  },
};

/** Block size of dm-verity as veritysetup and systemd-repart make it, in bytes. */
const verityBlockSize = 4096;

export const boolean: ValueType<boolean> = {
  name: 'boolean',
  choices: ['yes', 'no'],
  parse(text) {
    if (/^(yes|true|on|1|y|t)$/i.test(text)) return { value: true };
    if (/^(no|false|off|0|n|f)$/i.test(text)) return { value: false };
    return { required: 'a boolean: yes, no, true, false, on, off, 1 or 0' };
  },
};

/** One of a fixed set of words. */
export function choice<const T extends string>(...choices: readonly T[]): ValueType<T> {
  return {
    name: choices.join(' | '),
    choices,
    parse(text) {
      const value = choices.find((word) => word === text);
      return value === undefined ? { required: `one of ${choices.join(', ')}` } : { value };
    },
  };
}

export function integer(minimum: number, maximum: number): ValueType<number> {
  return {
    name: `integer from ${minimum} to ${maximum}`,
    parse(text) {
      const value = /^-?\d+$/.test(text) ? Number(text) : Number.NaN;
      const fits = value >= minimum && value <= maximum;
      return fits ? { value } : { required: `a whole number from ${minimum} to ${maximum}` };
    },
  };
}

/** Free text on one line (control characters are refused for every setting). */
export const text: ValueType<string> = { name: 'text', parse: (value) => ({ value }) };

/** Text that matches a pattern; `required` says in words what the pattern wants. */
export function pattern(name: string, regex: RegExp, required: string): ValueType<string> {
  return { name, parse: (value) => (regex.test(value) ? { value } : { required }) };
}

/** An absolute, normalised path without characters that any of the output's languages treats specially. */
export const plainPath: ValueType<string> = {
  name: 'path',
  parse(value) {
    const plain = /^(\/[A-Za-z0-9._@+-]+)+$/.test(value) && !/\/\.\.?(\/|$)/.test(value);
    return plain
      ? { value }
      : { required: 'an absolute path of letters, digits and . _ @ + - without "." or ".." parts' };
  },
};

/** A path below /usr, for files that come from the verified file system. */
export const usrPath: ValueType<string> = {
  name: 'path below /usr',
  parse(value) {
    const path = plainPath.parse(value);
    if ('required' in path || value.startsWith('/usr/')) return path;
    return { required: 'a path below /usr, the verified file system', hint: `/usr${value}` };
  },
};

/** How a block device is named: by a tag that its contents or its partition table entry carries, or by path. */
export const deviceIdentifiers = ['LABEL', 'UUID', 'PARTLABEL', 'PARTUUID', 'path'] as const;
export type DeviceIdentifier = (typeof deviceIdentifiers)[number];

export interface DeviceSpec {
  readonly by: DeviceIdentifier;
  readonly value: string;
}

const uuidPattern: Readonly<Partial<Record<DeviceIdentifier, RegExp>>> = {
  UUID: /^[0-9A-Fa-f][0-9A-Fa-f-]*$/,
  PARTUUID: /^[0-9A-Fa-f][0-9A-Fa-f-]*$/,
};

/** A block device as in mount(8): `LABEL=`, `UUID=`, `PARTLABEL=`, `PARTUUID=` or a path below /dev. */
export const device: ValueType<DeviceSpec> = {
  name: 'device',
  format: formatDevice,
  parse(value) {
    const required = 'a device: LABEL=, UUID=, PARTLABEL= or PARTUUID= with a value, or a path below /dev';
    const link = /^\/dev\/disk\/by-([a-z]+)\/(.+)$/.exec(value);
    if (link)
      return {
        required: `${required}; stage 1 has no udev links`,
        hint: `${link[1]?.toUpperCase()}=${link[2]}`,
      };
    if (/^\/dev\/[^\s,]+$/.test(value) && !value.includes('/../')) return { value: { by: 'path', value } };
    const match = /^([A-Za-z]+)=(.+)$/.exec(value);
    const by = deviceIdentifiers.find((word) => word === match?.[1]?.toUpperCase() && word !== 'path');
    if (!by || match?.[2] === undefined) {
      return value.includes('=') || value.startsWith('/')
        ? { required }
        : { required, hint: `PARTLABEL=${value}` };
    }
    const tag = match[2];
    if (by === 'PARTLABEL' && /[^ -~]/.test(tag)) {
      return { required: 'a partition label of ASCII characters, which is what the kernel tells of labels' };
    }
    if (by === 'PARTLABEL' && tag.length > 36)
      return { required: 'a partition label of at most 36 characters' };
    if (uuidPattern[by]?.test(tag) === false)
      return { required: `${by}= with hexadecimal digits and dashes` };
    return { value: { by, value: uuidPattern[by] ? tag.toLowerCase() : tag } };
  },
};

/** The text of a device as settings and the kernel command line write it. */
export function formatDevice({ by, value }: DeviceSpec): string {
  return by === 'path' ? value : `${by}=${value}`;
}

/** Hexadecimal digits of a digest, by hash algorithm of dm-verity. */
const digestLengths = { sha256: 64, sha512: 128 } as const;

/** A verity root hash in hexadecimal, or `command-line` where the boot loader gives it. */
export const rootHash: ValueType<string> = {
  name: 'command-line or hexadecimal',
  choices: ['command-line'],
  parse(value) {
    if (value === 'command-line') return { value };
    const lengths: readonly number[] = Object.values(digestLengths);
    const required = 'command-line, or a root hash in hexadecimal: 64 digits (sha256) or 128 (sha512)';
    if (!/^[0-9A-Fa-f]*$/.test(value)) return { required };
    if (!lengths.includes(value.length)) return { required, hint: `this one has ${value.length} digits` };
    return { value: value.toLowerCase() };
  },
};

/** A password as crypt(5) hashes it, in the two ways that busybox can check. */
export const passwordHash: ValueType<string> = {
  name: 'password hash',
  parse(value) {
    const match = /^\$[56]\$(rounds=\d{4,9}\$)?[A-Za-z0-9./]{1,16}\$[A-Za-z0-9./]+$/.exec(value);
    const length = value.slice(value.lastIndexOf('$') + 1).length;
    if (match && length === (value.startsWith('$6$') ? 86 : 43)) return { value };
    return {
      required: 'a hash of crypt(5) with SHA-512 ($6$) or SHA-256 ($5$)',
      hint: '`openssl passwd -6` asks for a password and prints one',
    };
  },
};

export const platformName = pattern(
  'name',
  /^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$/,
  'a name of letters, digits and _ . - that starts with a letter or digit, at most 63 characters',
);

export const deviceMapperName = pattern(
  'name',
  /^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$/,
  'a device-mapper name of letters, digits, _ and -',
);

export const parameterName = pattern(
  'parameter name',
  /^[A-Za-z0-9][A-Za-z0-9_.-]*$/,
  'the name of a kernel command line parameter, without "="',
);

export const moduleName = pattern(
  'module name',
  /^-?[A-Za-z0-9][A-Za-z0-9_-]*( +[A-Za-z0-9_]+=[A-Za-z0-9_.,:+/@-]+)*$/,
  'the name of a kernel module without directory and .ko, with a leading "-" where it may be missing or fail, and parameters such as size=64 behind it',
);

export const hardware = pattern(
  'modalias or module name',
  /^([A-Za-z0-9][A-Za-z0-9_-]*|[a-z0-9_-]+:[!-~]+)$/,
  'a modalias such as pci:v00001AF4d00001001*, or the name of a kernel module',
);

export const moduleDirectory = pattern(
  'directory of kernel modules',
  /^[a-z0-9][A-Za-z0-9_-]*(\/[A-Za-z0-9_-]+)*$/,
  "a directory below the kernel's own modules, such as drivers/ata or drivers/nvme/host",
);

export const mountOptions = pattern(
  'mount options',
  /^[A-Za-z0-9_=.:/@+-]+(,[A-Za-z0-9_=.:/@+-]+)*$/,
  'mount options separated by commas, without spaces',
);

/** Bytes that are compressed together: `auto`, or a power of two as squashfs and erofs both take it. */
export const imageBlockSize: ValueType<number | 'auto'> = {
  name: 'auto or bytes',
  parse(text) {
    if (text === 'auto') return { value: 'auto' };
    const value = parseSize(text) ?? 0;
    const fits = value >= 4096 && value <= 1_048_576 && Number.isInteger(Math.log2(value));
    return fits ? { value } : { required: 'auto, or a power of two from 4K to 1M' };
  },
};
