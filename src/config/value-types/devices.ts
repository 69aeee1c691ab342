/** How block devices are named: mount(8), fstab(5), and udev's links below /dev/disk. */
import { closest } from '../../text/suggestions.ts';
import type { Parsed, ValueType } from './value-type.ts';

/** How a block device is named: by a tag that its contents or its partition table entry carries, or by path. */
export const deviceIdentifiers = ['LABEL', 'UUID', 'PARTLABEL', 'PARTUUID', 'PARTTYPE', 'path'] as const;
export type DeviceIdentifier = (typeof deviceIdentifiers)[number];
export type DeviceTag = Exclude<DeviceIdentifier, 'path'>;

const deviceTags = deviceIdentifiers.filter((by) => by !== 'path');

/** Tags that udev makes links of. */
export const linkedTags = ['LABEL', 'UUID', 'PARTLABEL', 'PARTUUID'] as const satisfies readonly DeviceTag[];

export interface DeviceSpec {
  /** `dissect`: the partition that the Discoverable Partitions Specification has for it; its value is empty. */
  readonly by: DeviceIdentifier | 'dissect';
  readonly value: string;
}

/** The directory of udev's links to devices with that tag: 60-persistent-storage.rules. */
export function linksOf(tag: (typeof linkedTags)[number]): string {
  return `/dev/disk/by-${tag.toLowerCase()}`;
}

const aDevice =
  'a device: LABEL=, UUID=, PARTLABEL=, PARTUUID= or PARTTYPE= with a value, or a path below /dev';
const howToFindTags = 'lsblk -o PATH,PARTLABEL,PARTUUID,PARTTYPE,LABEL,UUID tells the tags of each device';

/**
 * A block device as in mount(8): `LABEL=`, `UUID=`, `PARTLABEL=`, `PARTUUID=`, `PARTTYPE=` (the type of its entry in a
 * GPT) or a path below /dev. As fstab(5) and
 * libblkid have them, a tag's value may be in quotes, and `\xNN` of udev and `\NNN` of fstab stand for characters; a
 * link of udev that is made from a tag means that tag.
 */
export const device: ValueType<DeviceSpec> = {
  name: 'device',
  format: formatDevice,
  parse(text) {
    const link = linkedTags.find((tag) => text.startsWith(`${linksOf(tag)}/`));
    if (link) return parseTag(link, text.slice(linksOf(link).length + 1));
    if (text.startsWith('/dev/disk/')) return { required: `${aDevice}; ${noUdev}`, hint: howToFindTags };
    if (/^\/dev\/[^\s,]+$/.test(text) && !text.includes('/../'))
      return { value: { by: 'path', value: text } };
    const [, word, written] = /^([A-Za-z]+)=(.+)$/s.exec(text) ?? [];
    const by = deviceTags.find((tag) => tag === word?.toUpperCase());
    if (!by || written === undefined) return { required: aDevice, ...hintFor(text) };
    const value = unquote(written);
    return value === undefined ? { required: `${by}= with quotes that match` } : parseTag(by, value);
  },
};

/** A device, or `dissect`: what systemd calls a partition that is found by what it is. */
export const usrDevice: ValueType<DeviceSpec> = {
  name: 'device or dissect',
  choices: ['dissect'],
  format: formatDevice,
  parse: (text) => (text === 'dissect' ? { value: { by: text, value: '' } } : device.parse(text)),
};

const noUdev =
  'stage 1 has no udev that makes links to disks, and knows those by label, UUID and partition only';

/** What may have been meant by a text that names no device, where one can tell. */
function hintFor(text: string): { readonly hint?: string } {
  const inner = unquote(text);
  if (inner !== undefined && inner !== text) return { hint: inner };
  const [, word, rest] = /^([A-Za-z_]+)=(.+)$/.exec(text) ?? [];
  if (word === undefined) return /[=/]/.test(text) ? {} : { hint: `PARTLABEL=${text}` };
  const near = closest(word, deviceTags);
  return { hint: near ? `${near}=${rest}` : howToFindTags };
}

/** Takes off quotes that are around a text; undefined where there is only the first one, as blkid_parse_tag_string(). */
function unquote(text: string): string | undefined {
  if (!/^["']/.test(text)) return text;
  return text.length > 1 && text.endsWith(text.charAt(0)) ? text.slice(1, -1) : undefined;
}

/** A character as udev's links (`\x20`) and fstab(5) (`\040`) have it; several make one of UTF-8. */
const escaped = /(?:\\(?:x[0-9A-Fa-f]{2}|[0-3][0-7]{2}))+/g;

/** Puts characters in the place of their escapes; undefined where they are not UTF-8. */
function withoutEscapes(text: string): string | undefined {
  try {
    return text.replace(escaped, (run) => {
      const codes = run.slice(1).split('\\');
      const bytes = codes.map((code) =>
        code.startsWith('x') ? Number.parseInt(code.slice(1), 16) : Number.parseInt(code, 8),
      );
      return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Uint8Array.from(bytes));
    });
  } catch {
    return undefined;
  }
}

const uuidTags: readonly DeviceTag[] = ['UUID', 'PARTUUID', 'PARTTYPE'];

function parseTag(by: DeviceTag, written: string): Parsed<DeviceSpec> {
  const value = withoutEscapes(written);
  if (value === undefined || value === '' || /[\p{Cc}\u2028\u2029]/u.test(value))
    return { required: `${by}= with a value in UTF-8, without control characters` };
  if (uuidTags.includes(by)) return parseUuid(by, value);
  // libblkid, and thus stage 1, would take it for the beginning of quotes.
  if (/^["']/.test(value))
    return {
      required: `${by}= with a label that does not begin with a quote`,
      hint: `name it by PARTUUID=: ${howToFindTags}`,
    };
  if (by === 'LABEL') return { value: { by, value } };
  if (/[^ -~]/.test(value))
    return { required: 'a partition label of ASCII characters, which is what the kernel tells of labels' };
  if (value.length > 36) return { required: 'a partition label of at most 36 characters' };
  return { value: { by, value } };
}

/** UUIDs count in any case; blkid(8) has them in small letters, but for the serial numbers of FAT. */
function parseUuid(by: DeviceTag, value: string): Parsed<DeviceSpec> {
  if (!/^[0-9A-Fa-f][0-9A-Fa-f-]*$/.test(value)) {
    const inBraces = /^\{([0-9A-Fa-f-]+)\}$/.exec(value)?.[1];
    return {
      required: `${by}= with hexadecimal digits and dashes`,
      hint: inBraces ? `${by}=${inBraces.toLowerCase()}` : howToFindTags,
    };
  }
  if (by === 'PARTTYPE' && !/^[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}$/.test(value))
    return { required: 'PARTTYPE= with a whole UUID, of 32 hexadecimal digits', hint: howToFindTags };
  const ofFat = by === 'UUID' && /^.{4}-.{4}$/.test(value);
  return { value: { by, value: ofFat ? value.toUpperCase() : value.toLowerCase() } };
}

/** The text of a device as settings write it, and the kernel command line: it is read as the same device. */
export function formatDevice({ by, value }: DeviceSpec): string {
  if (by === 'path') return value;
  if (by === 'dissect') return by;
  const text = value.replace(/\\(?=x[0-9A-Fa-f]{2}|[0-3][0-7]{2})/g, '\\x5c');
  return `${by}=${/^\s|\s$/.test(text) ? `"${text}"` : text}`;
}

/** The words by which stage 1 looks for a device: those of the tag as they are, without quotes and escapes. */
export function lookedFor({ by, value }: DeviceSpec): string {
  if (by === 'dissect') return by;
  return by === 'path' ? value : `${by}=${value}`;
}
