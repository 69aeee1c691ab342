/** How block devices are named: mount(8). */
import type { ValueType } from './value-type.ts';

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
