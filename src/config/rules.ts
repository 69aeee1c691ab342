/** What settings demand of one another: contradictions, settings without effect, remarks on safety. */
import { type Finding, finding, type Origin } from '../findings.ts';
import { settingsHaveEffect } from './effect-rule.ts';
import { fullInitrdRules } from './full-initrd-rules.ts';
import { usesUsr } from './image-host.ts';
import { imageHostRules } from './image-host-rules.ts';
import { listenedNames } from './listened-names.ts';
import { liveRules } from './live-rules.ts';
import { mountOptionRules } from './mount-option-rules.ts';
import type { Rule, RuleInput, Violation } from './rule.ts';
import type { PlatformSettings, SettingName } from './settings.ts';
import { verityRules } from './verity-rules.ts';

/** What the rules say of settings whose values could all be read, each at the line that set them last. */
export function findRuleViolations(
  settings: PlatformSettings,
  origins: ReadonlyMap<SettingName, readonly Origin[]>,
): readonly Finding[] {
  const input: RuleInput = { settings, isSet: (name) => origins.has(name) };
  const violations = rules.flatMap((rule) => rule(input));
  return [...violations, ...besides(violations, settingsHaveEffect(input))].map(
    ({ kind, setting, message, hint }) =>
      finding(kind, message, { setting, origin: origins.get(setting)?.at(-1), hint }),
  );
}

/** What a contradiction says of a setting is enough: that it has no effect either is no news. */
function besides(violations: readonly Violation[], effects: readonly Violation[]): readonly Violation[] {
  const contradicted = violations.filter(({ kind }) => kind === 'settings-contradict');
  return effects.filter((effect) => contradicted.every(({ setting }) => setting !== effect.setting));
}

const parameterNamesDiffer: Rule = ({ settings: { KernelCommandLine } }) => {
  const entries = Object.entries(listenedNames(KernelCommandLine)).flatMap(([key, names]) =>
    [names ?? []].flat().map((name) => [key, name] as const),
  );
  return entries
    .filter(([, name], index) => entries.findIndex(([, other]) => other === name) < index)
    .map(([key, name]) => ({
      kind: 'settings-contradict',
      setting: `KernelCommandLine.${key}` as SettingName,
      message: `"${name}" must stand for one setting only`,
    }));
};

const compressionLevelLimits = { zstd: 22, xz: 9, gzip: 9 } as const;

const compressionLevelFits: Rule = ({ settings: { Initrd } }) => {
  if (Initrd.Compression === 'none') return [];
  const limit = compressionLevelLimits[Initrd.Compression];
  if (Initrd.CompressionLevel === undefined || Initrd.CompressionLevel <= limit) return [];
  const message = `CompressionLevel must be at most ${limit} with Compression=${Initrd.Compression}`;
  return [{ kind: 'settings-contradict', setting: 'Initrd.CompressionLevel', message }];
};

const coldplugHasDirectories: Rule = ({ settings: { Modules } }) => {
  if (Modules.Load === 'listed' || Modules.ModuleDirectories.length > 0) return [];
  const message = 'Modules.ModuleDirectories is required with Load=coldplug: where the drivers come from';
  return [
    { kind: 'value-required', setting: 'Modules.Load', message, hint: 'ModuleDirectories=drivers/ata' },
  ];
};

const shellIsGuarded: Rule = ({ settings: { Emergency }, isSet }) => {
  const { Shell, PasswordHash, PasswordCredential, Delay } = Emergency;
  const setting = 'Emergency.Shell';
  if (Shell === 'never') return [];
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
    return [{ kind: 'shell-without-password', setting, message, hint: 'Shell=password' }];
  }
  if (PasswordHash !== undefined || PasswordCredential !== undefined) return [];
  const message = 'Emergency.PasswordHash or PasswordCredential is required with Shell=password';
  return [{ kind: 'value-required', setting, message, hint: '`openssl passwd -6` prints a PasswordHash' }];
};

const credentialIsUnsigned: Rule = ({ settings: { Emergency } }) => {
  if (Emergency.Shell !== 'password' || Emergency.PasswordCredential === undefined) return [];
  const message =
    'whoever can write to the boot partition chooses the password of the emergency shell: no signature covers credentials';
  const hint = 'PasswordHash= instead, which is signed with the minimal initrd';
  return [{ kind: 'password-from-credential', setting: 'Emergency.PasswordCredential', message, hint }];
};

const systemdReadsCommandLine: Rule = ({ settings }) => {
  const { Initrd, KernelCommandLine } = settings;
  if (Initrd.Init !== 'systemd' || (KernelCommandLine.Override && usesUsr(settings))) return [];
  const setting = usesUsr(settings) ? 'KernelCommandLine.Override' : 'Initrd.Init';
  const message = 'systemd reads systemd.*= from the kernel command line all the same';
  const hint = 'sign the kernel command line, or Initrd.Init=shell';
  return [{ kind: 'systemd-reads-command-line', setting, message, hint }];
};

const debugIsForDevelopment: Rule = ({ settings: { Emergency } }) => {
  if (!Emergency.Debug) return [];
  const message = 'the kernel command line can open a root shell in stage 1: for development only';
  return [{ kind: 'debug-enabled', setting: 'Emergency.Debug', message, hint: 'Debug=no' }];
};

const rules: readonly Rule[] = [
  ...verityRules,
  parameterNamesDiffer,
  ...liveRules,
  ...mountOptionRules,
  ...fullInitrdRules,
  ...imageHostRules,
  compressionLevelFits,
  coldplugHasDirectories,
  shellIsGuarded,
  credentialIsUnsigned,
  systemdReadsCommandLine,
  debugIsForDevelopment,
];
