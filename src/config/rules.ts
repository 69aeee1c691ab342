/** What settings demand of one another: contradictions, settings without effect, remarks on safety. */
import { type Finding, finding, type Origin } from '../findings.ts';
import { fullInitrdRules } from './full-initrd-rules.ts';
import { mountOptionRules } from './mount-option-rules.ts';
import { type Rule, type RuleInput, withoutEffect } from './rule.ts';
import type { PlatformSettings, SettingName } from './settings.ts';
import { verityRules } from './verity-rules.ts';

export function findRuleViolations(
  settings: PlatformSettings,
  origins: ReadonlyMap<SettingName, readonly Origin[]>,
): readonly Finding[] {
  const input: RuleInput = { settings, isSet: (name) => origins.has(name) };
  return rules
    .flatMap((rule) => rule(input))
    .map(({ kind, setting, message, hint }) =>
      finding(kind, message, { setting, origin: origins.get(setting)?.at(-1), hint }),
    );
}

/** The verity device as the system names it. */
const overriddenParameters: readonly SettingName[] = [
  'KernelCommandLine.UsrDevice',
  'KernelCommandLine.UsrFileSystem',
  'KernelCommandLine.UsrOptions',
  'KernelCommandLine.DataDevice',
  'KernelCommandLine.HashDevice',
  'KernelCommandLine.FecDevice',
  'Devices.FindBy',
];

const parametersAreRead: Rule = ({ settings, isSet }) =>
  settings.KernelCommandLine.Override
    ? []
    : overriddenParameters
        .filter(isSet)
        .map((setting) => withoutEffect(setting, 'KernelCommandLine.Override=no'));

const parameterNamesDiffer: Rule = ({ settings: { KernelCommandLine } }) => {
  const { Override: _, ...parameters } = KernelCommandLine;
  const entries = Object.entries(parameters);
  return entries
    .filter(([, name], index) => entries.findIndex(([, other]) => other === name) < index)
    .map(([key, name]) => ({
      kind: 'settings-contradict',
      setting: `KernelCommandLine.${key}` as SettingName,
      message: `"${name}" must stand for one setting only`,
    }));
};

const compressionLevelLimits: Readonly<Record<string, number>> = { zstd: 22, xz: 9, gzip: 9, none: 0 };

const compressionLevelFits: Rule = ({ settings: { Initrd } }) => {
  const limit = compressionLevelLimits[Initrd.Compression] ?? 0;
  if (Initrd.CompressionLevel === undefined || Initrd.CompressionLevel <= limit) return [];
  if (limit === 0)
    return [withoutEffect('Initrd.CompressionLevel', `Initrd.Compression=${Initrd.Compression}`)];
  const message = `CompressionLevel must be at most ${limit} with Compression=${Initrd.Compression}`;
  return [{ kind: 'settings-contradict', setting: 'Initrd.CompressionLevel', message }];
};

const microcodeFitsArchitecture: Rule = ({ settings: { Initrd, Platform } }) =>
  Initrd.Microcode.length > 0 && Platform.Architecture !== 'x86-64'
    ? [withoutEffect('Initrd.Microcode', `Platform.Architecture=${Platform.Architecture}`)]
    : [];

const coldplugHasDirectories: Rule = ({ settings: { Modules }, isSet }) => {
  const some = Modules.ModuleDirectories.length > 0;
  if (Modules.Load === 'listed')
    return isSet('Modules.ModuleDirectories') && some
      ? [withoutEffect('Modules.ModuleDirectories', 'Modules.Load=listed')]
      : [];
  if (some) return [];
  const message = 'Modules.ModuleDirectories is required with Load=coldplug: where the drivers come from';
  return [
    { kind: 'value-required', setting: 'Modules.Load', message, hint: 'ModuleDirectories=drivers/ata' },
  ];
};

/** udev, which runs in the systemd form, takes no device-mapper device for ready that dm-create made. */
const shellIsGuarded: Rule = ({ settings: { Emergency }, isSet }) => {
  const { Shell, PasswordHash, Delay } = Emergency;
  const setting = 'Emergency.Shell';
  const unused =
    PasswordHash !== undefined && Shell !== 'password'
      ? [withoutEffect('Emergency.PasswordHash', `Emergency.Shell=${Shell}`)]
      : [];
  if (Shell === 'never') return unused;
  if (Delay < 1) {
    const message = `Delay must be at least 1s with Shell=${Shell}: that is the time to press Enter`;
    return [
      {
        kind: 'settings-contradict',
        setting: isSet('Emergency.Delay') ? 'Emergency.Delay' : setting,
        message,
      },
    ];
  }
  if (Shell === 'always') {
    const message = 'whoever holds the keyboard of a machine that fails to boot becomes root';
    return [...unused, { kind: 'shell-without-password', setting, message, hint: 'Shell=password' }];
  }
  if (PasswordHash !== undefined) return [];
  const message = 'Emergency.PasswordHash is required with Shell=password';
  return [{ kind: 'value-required', setting, message, hint: '`openssl passwd -6` prints one' }];
};

const systemdReadsCommandLine: Rule = ({ settings: { Initrd, KernelCommandLine } }) => {
  if (Initrd.Init !== 'systemd' || KernelCommandLine.Override) return [];
  const setting = 'KernelCommandLine.Override';
  const message = 'systemd reads systemd.*= from the kernel command line all the same';
  const hint = 'sign the kernel command line, or Initrd.Init=shell';
  return [{ kind: 'systemd-reads-command-line', setting, message, hint }];
};

const panicTimeoutIsUsed: Rule = ({ settings: { Emergency }, isSet }) =>
  Emergency.Action !== 'reboot' && isSet('Emergency.PanicTimeout')
    ? [withoutEffect('Emergency.PanicTimeout', `Emergency.Action=${Emergency.Action}`)]
    : [];

const debugIsForDevelopment: Rule = ({ settings: { Emergency }, isSet }) => {
  if (!Emergency.Debug)
    return isSet('KernelCommandLine.Break')
      ? [withoutEffect('KernelCommandLine.Break', 'Emergency.Debug=no')]
      : [];
  const message = 'the kernel command line can open a root shell in stage 1: for development only';
  return [{ kind: 'debug-enabled', setting: 'Emergency.Debug', message, hint: 'Debug=no' }];
};

const rules: readonly Rule[] = [
  ...verityRules,
  parametersAreRead,
  parameterNamesDiffer,
  ...mountOptionRules,
  ...fullInitrdRules,
  compressionLevelFits,
  microcodeFitsArchitecture,
  coldplugHasDirectories,
  shellIsGuarded,
  panicTimeoutIsUsed,
  systemdReadsCommandLine,
  debugIsForDevelopment,
];
