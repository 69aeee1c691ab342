/**
 * Every row of the table of settings against what comes of it: a setting that changes nothing with the others has a finding
 * that says so, one that changes something has none. What comes of a platform is rendered here, not read from `onlyWith`.
 */
import { expect, test } from '@jest/globals';
import { imageFormatOf } from '../../src/config/image-format.ts';
import { imageHost, usesUsr } from '../../src/config/image-host.ts';
import { type SettingName, type SettingRow, settingRows } from '../../src/config/settings.ts';
import type { PlatformConfig } from '../../src/config/validate.ts';
import { writtenValues } from '../../src/config/written-values.ts';
import { needsOfPlan } from '../../src/plan/boot-plan.ts';
import { planBoot } from '../../src/plan/plan.ts';
import { renderPlatform } from '../../src/render/platform.ts';
import { wantedMicrocode } from '../../src/sysroot/microcode.ts';
import { compressArgs } from '../../src/tools/archive.ts';
import { imageFromTarArgs } from '../../src/tools/images.ts';
import { load } from './platform-files.ts';
import { valuesTaken } from './plausible-values.ts';

const verityOff = 'Verity.Verity=no';
const systemd = 'Initrd.Init=systemd';
const [data, hash, fec] = [
  'Verity.DataDevice=LABEL=D',
  'Verity.HashDevice=LABEL=H',
  'Verity.FecDevice=LABEL=F',
];
const onPartition = [
  ...['FullInitrd.Host=partition', 'FullInitrd.HostDevice=LABEL=ESP', 'Verity.Name=image'],
  'KernelCommandLine.RootHash=imagehash',
];
const password = `Emergency.PasswordHash=$6$abcdefgh$${'x'.repeat(86)}`;

/** Platforms that differ in what other settings can depend on; each is the smallest one with these settings. */
const platforms: readonly (readonly string[])[] = [
  [],
  [systemd, 'Emergency.Action=panic'],
  [verityOff, hash, fec],
  [verityOff, data, systemd],
  [verityOff, 'KernelCommandLine.Override=no'],
  ['KernelCommandLine.Override=no', systemd, hash],
  ['KernelCommandLine.Override=no', 'Usr.Device=', data, fec, systemd],
  ['Usr.Device=', data],
  ['Usr.Device=/dev/mapper/usr', data, hash],
  [fec, systemd, 'Emergency.Action=poweroff'],
  [`Verity.RootHash=${'cd'.repeat(32)}`, 'Usr.FileSystem=btrfs', 'Usr.Options=compress=zstd'],
  ['KernelCommandLine.Timeout=rd.timeout'],
  ['Usr.Device=dissect', verityOff],
  ['Usr.Device=dissect', 'Verity.RootHashSignature=partition', systemd],
  ['Usr.LiveImage=/usr.squashfs'],
  ['Usr.LiveImage=/usr.squashfs', 'Usr.LiveHash=/usr.verity', hash],
  ['FullInitrd.Source=thin', 'Verity.Tool=dmsetup', 'Verity.OnError=panic'],
  ['FullInitrd.Source=thin', 'FullInitrd.Thin=links', systemd],
  ['FullInitrd.Source=thin', 'FullInitrd.Writable=no'],
  ['FullInitrd.Writable=no', 'FullInitrd.FileSystem=squashfs'],
  ['FullInitrd.Source=usr', 'Modules.Load=coldplug', 'Modules.ModuleDirectories=drivers/nvme'],
  ['FullInitrd.Source=usr', systemd, verityOff],
  ['FullInitrd.Source=usr', 'FullInitrd.Writable=no', 'FullInitrd.Compression=none'],
  ['FullInitrd.Compression=none', 'Initrd.Compression=none'],
  ['Initrd.Compression=xz', 'Platform.Architecture=arm64'],
  ['Emergency.Shell=password', password],
  ['Emergency.Shell=always', 'Emergency.Debug=yes'],
  ['FullInitrd.Init=/usr/lib/bootrelay/init'],
  ['FullInitrd.HostDevice=LABEL=ESP', 'Verity.Name=image', 'KernelCommandLine.RootHash=imagehash'],
  onPartition,
  [...onPartition, 'FullInitrd.HostFileSystem=btrfs', systemd],
  [...onPartition, 'FullInitrd.HostFileSystem=none'],
];

const file = '[Usr]\nDevice=PARTLABEL=USR-B\n';

/** What a platform makes of its machine: texts, contents, arguments of tools, limits. The image only where there is one. */
function outcomeOf(config: PlatformConfig): string {
  const { FullInitrd, Initrd, Platform, Devices } = config.settings;
  const plan = planBoot(config, ['p/test.ini']);
  const format = imageFormatOf(config.settings);
  const image = FullInitrd.Source !== 'usr' && {
    path:
      imageHost(config.settings)?.files === undefined && !usesUsr(config.settings) ? '' : FullInitrd.Image,
    tool: imageFromTarArgs(format, 'image', FullInitrd.Source === 'thin'),
    budget: FullInitrd.SizeBudget,
  };
  return JSON.stringify([
    [...renderPlatform(config, plan)],
    needsOfPlan(plan),
    compressArgs({
      compression: Initrd.Compression,
      level: Initrd.CompressionLevel,
      architecture: Platform.Architecture,
      size: 2 ** 30,
    }) ?? 'none',
    [wantedMicrocode(config.settings), Initrd.ExtraFiles, Devices.Require],
    [Initrd.SizeBudget, Initrd.MemoryLimit],
    // All of it goes into a UKI, or is compared with one.
    config.settings.Uki,
    image,
  ]);
}

/** The platform with one more value, and whether `check` says that this has no effect. */
interface Tried {
  readonly config: PlatformConfig;
  readonly value: string;
  readonly remarked: boolean;
}

/** Undefined where the platform would be refused. */
function tryValue(platform: readonly string[], row: SettingRow, text: string): Tried | undefined {
  const overrides = [...platform, `${row.name}=${text}`];
  const { config, findings } = load({ 'p/test.ini': file }, 'p/test.ini', overrides);
  const remarks = findings.filter(
    ({ kind, setting, message }) =>
      kind === 'setting-without-effect' && setting === row.name && message.startsWith('has no effect '),
  );
  expect(remarks.length).toBeLessThanOrEqual(1);
  return config && { config, value: shown(config, row), remarked: remarks.length > 0 };
}

function shown({ settings }: PlatformConfig, row: SettingRow): string {
  return writtenValues(settings, row).join(' ');
}

/** A few values that are not `usual`; none where no other is allowed. */
function otherValues(platform: readonly string[], row: SettingRow, usual: string): readonly Tried[] {
  const found: Tried[] = [];
  for (const text of valuesTaken(row)) {
    const tried = tryValue(platform, row, text);
    if (tried && tried.value !== usual) found.push(tried);
    if (found.length === 2) break;
  }
  return found;
}

const usual = platforms.map((platform) => {
  const { config } = load({ 'p/test.ini': file }, 'p/test.ini', platform);
  if (!config) throw new Error(`${platform.join(' ')} is refused`);
  return { platform, config, outcome: outcomeOf(config) };
});

/** Usr.Device may name the verity device where DataDevice names the partition: that is a statement, which is compared. */
const statements: readonly SettingName[] = ['Usr.Device'];
const rows = settingRows.filter(({ name }) => name !== 'Platform.Extends' && !statements.includes(name));

/** A root hash without verity is refused: test/config/validate.test.ts. */
const refused: readonly SettingName[] = ['Verity.RootHash'];

test.each(rows.map((row) => [row.name, row] as const))('%s', (name, row) => {
  const wrong: string[] = [];
  const seen = new Set<boolean>();
  for (const { platform, config, outcome } of usual) {
    const others = otherValues(platform, row, shown(config, row));
    if (others.length === 0) continue;
    const counts = others.some((other) => outcomeOf(other.config) !== outcome);
    seen.add(counts);
    for (const { value, remarked } of others)
      if (remarked === counts && (counts || value !== row.setting.asksNothing))
        wrong.push(`${value} ${counts ? 'counts' : 'does not count'} with: ${platform.join(' ')}`);
  }
  expect(wrong).toEqual([]);
  const says = row.setting.onlyWith !== undefined && !refused.includes(name);
  expect([...seen].sort()).toEqual(says ? [false, true] : [true]);
});
