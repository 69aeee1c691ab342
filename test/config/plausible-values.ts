/** Texts of values for tests over the whole table of settings. */
import type { SettingRow } from '../../src/config/settings.ts';

/** Values that some setting takes, and some that none does. */
export const plausibleValues: readonly string[] = [
  ...['yes', 'no', 'auto', '0', '1', '4096', '64M', '50%', '90s', '500ms', '', 'command-line'],
  'ab'.repeat(32),
  ...['PARTLABEL=USR-A', 'PARTUUID=0123-ab', 'LABEL=a b', 'UUID=01', '/dev/mapper/usr', '/dev/vda1'],
  ...['/usr/lib/x.img', '/init', '/.extra', '/etc/x', 'virtio_blk', '-ramoops size=1', 'drivers/ata'],
  ...['a.service', 'ldconfig.service', 'disk:6', 'a.service Service.TimeoutSec=5s', 'compress=zstd'],
  ...[
    'noatime',
    `$6$abcdefgh$${'x'.repeat(86)}`,
    `$5$abcdefgh$${'x'.repeat(43)}`,
    'usrhash',
    'other.name',
    '3',
  ],
];

/** Those that the setting's type takes, its choices first. */
export function valuesTaken({ setting: { type } }: SettingRow): readonly string[] {
  return [...(type.choices ?? []), ...plausibleValues].filter((text) => 'value' in type.parse(text));
}
