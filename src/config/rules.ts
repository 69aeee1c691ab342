/** What settings demand of one another: contradictions, settings without effect, remarks on safety. */
import { type Finding, type FindingKind, finding, type Origin } from '../findings.ts';
import { compressorsOf } from './image-format.ts';
import type { PlatformSettings, SettingName } from './settings.ts';
import { closest } from './suggestions.ts';
import { isMasked, ownUnits } from './usr-units.ts';
import { formatDevice } from './value-types.ts';
import { verityTool } from './verity-tool.ts';

/** What a rule sees: the values, and whether and where a setting was set. */
interface RuleInput {
  readonly settings: PlatformSettings;
  readonly isSet: (name: SettingName) => boolean;
}

interface Violation {
  readonly kind: FindingKind;
  /** The setting that the finding points at: the one to change. */
  readonly setting: SettingName;
  readonly message: string;
  readonly hint?: string | undefined;
}

type Rule = (input: RuleInput) => readonly Violation[];

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
export function verityDevicePath(settings: PlatformSettings): string {
  return `/dev/mapper/${settings.Verity.Name}`;
}

const dataDeviceIsNamed: Rule = ({ settings: { Usr, Verity }, settings }) => {
  const verityPath = verityDevicePath(settings);
  const usrIsVerity = Usr.Device?.value === verityPath;
  if (Verity.Verity === 'no') {
    if (!Usr.Device) return [deviceRequired('Usr.Device')];
    if (!usrIsVerity) return [];
    const message = `${verityPath} needs Verity=required`;
    return [{ kind: 'settings-contradict', setting: 'Usr.Device', message }];
  }
  if (!Usr.Device && !Verity.DataDevice) return [deviceRequired('Usr.Device')];
  if (usrIsVerity && !Verity.DataDevice) return [deviceRequired('Verity.DataDevice')];
  if (!Usr.Device || !Verity.DataDevice || usrIsVerity) return [];
  const message = `Usr.Device (${formatDevice(Usr.Device)}) must be ${verityPath} or unset when Verity.DataDevice is set`;
  return [{ kind: 'settings-contradict', setting: 'Verity.DataDevice', message }];
};

function deviceRequired(setting: SettingName): Violation {
  return {
    kind: 'value-required',
    setting,
    message: `${setting} is required: the partition that holds /usr`,
    hint: `[${setting.split('.')[0]}] ${setting.split('.')[1]}=PARTLABEL=USR-A`,
  };
}

const verityOnlySettings: readonly SettingName[] = [
  'Verity.DataDevice',
  'Verity.HashDevice',
  'Verity.HashOffset',
  'Verity.RootHash',
  'Verity.Tool',
  'Verity.OnCorruption',
  'Verity.OnError',
];

const verityIsUsed: Rule = ({ settings, isSet }) => {
  if (settings.Verity.Verity === 'required') return [];
  const unverified: Violation = {
    kind: 'usr-unverified',
    setting: 'Verity.Verity',
    message: '/usr and the full initrd in it are used without verification',
    hint: 'Verity=required',
  };
  const dead = verityOnlySettings.filter(isSet).map((setting) => withoutEffect(setting, 'Verity.Verity=no'));
  const hash = settings.Verity.RootHash;
  if (hash === 'command-line' || !isSet('Verity.RootHash')) return [unverified, ...dead];
  const message = 'a built-in root hash needs Verity=required';
  return [{ kind: 'settings-contradict', setting: 'Verity.RootHash', message }];
};

function withoutEffect(setting: SettingName, because: string): Violation {
  return { kind: 'setting-without-effect', setting, message: `has no effect with ${because}` };
}

const hashTreeIsApart: Rule = ({ settings: { Usr, Verity } }) => {
  const atStart =
    Verity.HashOffset === 0 || (Verity.HashOffset === 'auto' && Verity.HashDevice !== undefined);
  if (Verity.Verity === 'no' || !atStart) return [];
  const data = Verity.DataDevice ?? Usr.Device;
  const same = !Verity.HashDevice || (data && formatDevice(data) === formatDevice(Verity.HashDevice));
  if (!same) return [];
  const message = 'a hash tree at offset 0 needs a HashDevice of its own: the file system starts there';
  const setting = Verity.HashDevice ? 'Verity.HashDevice' : 'Verity.HashOffset';
  const hint = Verity.HashDevice
    ? 'leave HashDevice out for a hash tree behind the file system'
    : 'HashOffset=auto';
  return [{ kind: 'settings-contradict', setting, message, hint }];
};

const rootHashIsProtected: Rule = ({ settings: { Verity, KernelCommandLine } }) => {
  if (Verity.Verity === 'no') return [];
  if (Verity.RootHash === 'command-line') {
    return [
      {
        kind: 'root-hash-unprotected',
        setting: 'Verity.RootHash',
        message: `whoever can change ${KernelCommandLine.RootHash}= on the kernel command line chooses the /usr that boots`,
        hint: 'sign the command line with the kernel (a UKI), or build the root hash in',
      },
    ];
  }
  return [];
};

const rootHashParameterIsRead: Rule = ({ settings: { Verity }, isSet }) =>
  isSet('KernelCommandLine.RootHash') && (Verity.Verity === 'no' || Verity.RootHash !== 'command-line')
    ? [withoutEffect('KernelCommandLine.RootHash', 'a root hash that is not taken from the command line')]
    : [];

const overriddenParameters: readonly SettingName[] = [
  'KernelCommandLine.UsrDevice',
  'KernelCommandLine.UsrFileSystem',
  'KernelCommandLine.UsrOptions',
  'KernelCommandLine.DataDevice',
  'KernelCommandLine.HashDevice',
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

const overlayIsUsed: Rule = ({ settings: { FullInitrd }, isSet }) => {
  if (FullInitrd.Writable || FullInitrd.Source === 'usr') return [];
  const because = 'FullInitrd.Writable=no';
  const carried = FullInitrd.CarryOver.map(
    (path): Violation => ({
      kind: 'setting-without-effect',
      setting: 'FullInitrd.CarryOver',
      message: `${path} cannot be carried into a read-only full initrd: systemd-stub's credentials and extensions get lost`,
      hint: 'Writable=yes, or an empty CarryOver=',
    }),
  );
  return [
    ...(isSet('FullInitrd.TmpfsSize') ? [withoutEffect('FullInitrd.TmpfsSize', because)] : []),
    ...carried,
  ];
};

/** What stage 1 and the full initrd have at these places must not be overwritten. */
const ownPlaces =
  /^\/(init|bin|sbin|lib\w*|usr|dev|proc|sys|run|full|image|overlay|sysusr|sysroot|modules)(\/|$)/;

const carriesOverOnlyExtras: Rule = ({ settings: { FullInitrd } }) =>
  FullInitrd.CarryOver.filter((path) => ownPlaces.test(path) || path === FullInitrd.Init).map((path) => ({
    kind: 'settings-contradict',
    setting: 'FullInitrd.CarryOver',
    message: `${path} must not be carried over: both initrds have their own`,
  }));

/** Files of the systemd form that the full initrd has its own of. */
const systemdOwn =
  /^\/etc(\/systemd(\/system|\/(system|journald)\.conf)?|\/(passwd|group|machine-id|initrd-release|os-release))?$/;

const carriesOverNothingOfSystemd: Rule = ({ settings: { FullInitrd, Initrd } }) =>
  Initrd.Init === 'shell'
    ? []
    : FullInitrd.CarryOver.filter((path) => systemdOwn.test(path)).map((path) => ({
        kind: 'settings-contradict',
        setting: 'FullInitrd.CarryOver',
        message: `${path} must not be carried over with Initrd.Init=systemd: both initrds have their own`,
      }));

const compressionLevelLimits: Readonly<Record<string, number>> = { zstd: 22, xz: 9, gzip: 9, none: 0 };

const compressionLevelFits: Rule = ({ settings: { Initrd } }) => {
  const limit = compressionLevelLimits[Initrd.Compression] ?? 0;
  if (Initrd.CompressionLevel === undefined || Initrd.CompressionLevel <= limit) return [];
  if (limit === 0)
    return [withoutEffect('Initrd.CompressionLevel', `Initrd.Compression=${Initrd.Compression}`)];
  const message = `CompressionLevel must be at most ${limit} with Compression=${Initrd.Compression}`;
  return [{ kind: 'settings-contradict', setting: 'Initrd.CompressionLevel', message }];
};

const imageCompressionFits: Rule = ({ settings: { FullInitrd } }) => {
  const { FileSystem, Compression } = FullInitrd;
  const known: readonly string[] = compressorsOf[FileSystem];
  if (Compression === 'auto' || known.includes(Compression)) return [];
  const message = `Compression must be one of ${known.join(', ')} with FullInitrd.FileSystem=${FileSystem}`;
  return [{ kind: 'settings-contradict', setting: 'FullInitrd.Compression', message }];
};

const imageSettings: readonly SettingName[] = [
  'FullInitrd.Image',
  'FullInitrd.FileSystem',
  'FullInitrd.Compression',
  'FullInitrd.BlockSize',
  'FullInitrd.Writable',
];

const usrSettings: readonly SettingName[] = [
  'FullInitrd.Target',
  'FullInitrd.Mask',
  'FullInitrd.Unmask',
  'FullInitrd.DropIns',
  'FullInitrd.Users',
  'FullInitrd.Groups',
  'FullInitrd.ExtraFiles',
];

const sourceIsUsed: Rule = ({ settings: { FullInitrd }, isSet }) =>
  (FullInitrd.Source === 'usr' ? imageSettings : usrSettings)
    .filter(isSet)
    .map((setting) => withoutEffect(setting, `FullInitrd.Source=${FullInitrd.Source}`));

function suggest(near: string | undefined): string | undefined {
  return near && `did you mean ${near}?`;
}

const unmasksWhatIsMasked: Rule = ({ settings: { FullInitrd } }) =>
  FullInitrd.Unmask.filter((unit) => !ownUnits.includes(unit)).map((unit) => ({
    kind: 'setting-without-effect',
    setting: 'FullInitrd.Unmask',
    message: `bootrelay neither masks nor changes ${unit} by itself`,
    hint: suggest(closest(unit, ownUnits)),
  }));

/** What the skeleton of the full initrd has of its own. */
const ownOfSkeleton =
  /^\/(init|bin|sbin|lib\w*|usr|dev|proc|sys|run|sysusr|sysroot)(\/|$)|^\/(etc|var)$|^\/var\/run(\/|$)|^\/etc\/(passwd|group|machine-id|mtab|initrd-release|os-release|bootrelay|systemd|systemd\/system)$/;

/** Units of the full initrd that are bootrelay's: without them nothing checks /usr. */
const ownOfFullInitrd =
  /^(bootrelay-.*|sysusr-usr\.mount|sysroot-usr\.mount|systemd-veritysetup@.*|initrd\.target|default\.target)$/;

const leavesCheckAlone: Rule = ({ settings: { FullInitrd } }) => {
  const named = [
    ...FullInitrd.Mask.map((unit) => ['FullInitrd.Mask', unit] as const),
    ...FullInitrd.DropIns.map(({ unit }) => ['FullInitrd.DropIns', unit] as const),
  ];
  return named
    .filter(([, unit]) => ownOfFullInitrd.test(unit))
    .map(([setting, unit]) => ({
      kind: 'settings-contradict',
      setting,
      message: `${unit} must stay as bootrelay renders it: the check of /usr depends on it`,
    }));
};

const dropInsAreRead: Rule = ({ settings: { FullInitrd } }) =>
  FullInitrd.DropIns.filter(({ unit }) => isMasked(unit, FullInitrd)).map(({ unit }) => ({
    kind: 'setting-without-effect',
    setting: 'FullInitrd.DropIns',
    message: `${unit} is masked`,
    hint: `Unmask=${unit}`,
  }));

const extraFilesAreApart: Rule = ({ settings: { FullInitrd } }) =>
  FullInitrd.ExtraFiles.filter((path) => ownOfSkeleton.test(path)).map((path) => ({
    kind: 'settings-contradict',
    setting: 'FullInitrd.ExtraFiles',
    message: `${path} must not be copied: the full initrd has its own`,
  }));

const thinIsUsed: Rule = ({ settings: { FullInitrd }, isSet }) =>
  FullInitrd.Source !== 'thin' && isSet('FullInitrd.Thin')
    ? [withoutEffect('FullInitrd.Thin', `FullInitrd.Source=${FullInitrd.Source}`)]
    : [];

const blocksAreCompressed: Rule = ({ settings: { FullInitrd }, isSet }) =>
  FullInitrd.Compression === 'none' && isSet('FullInitrd.BlockSize')
    ? [withoutEffect('FullInitrd.BlockSize', 'FullInitrd.Compression=none')]
    : [];

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
const formOfTool: Readonly<Record<string, 'shell' | 'systemd'>> = {
  'dm-create': 'shell',
  'systemd-veritysetup': 'systemd',
};

const toolFitsForm: Rule = ({ settings: { Initrd, Verity } }) => {
  const form = formOfTool[Verity.Tool] ?? Initrd.Init;
  if (Verity.Verity === 'no' || Initrd.Init === form) return [];
  const message = `${Verity.Tool} needs Initrd.Init=${form}`;
  return [{ kind: 'settings-contradict', setting: 'Verity.Tool', message, hint: 'Tool=auto' }];
};

const onErrorNeedsTable: Rule = ({ settings }) => {
  const tool = verityTool(settings);
  const { Verity, OnError } = settings.Verity;
  if (Verity === 'no' || OnError === 'error' || tool === 'dm-create' || tool === 'dmsetup') return [];
  const message = `OnError=${OnError} needs Verity.Tool=dm-create or dmsetup: ${tool} has no such option`;
  return [{ kind: 'settings-contradict', setting: 'Verity.OnError', message, hint: 'Tool=dmsetup' }];
};

const rules: readonly Rule[] = [
  dataDeviceIsNamed,
  verityIsUsed,
  hashTreeIsApart,
  toolFitsForm,
  onErrorNeedsTable,
  rootHashIsProtected,
  rootHashParameterIsRead,
  parametersAreRead,
  parameterNamesDiffer,
  overlayIsUsed,
  imageCompressionFits,
  blocksAreCompressed,
  thinIsUsed,
  sourceIsUsed,
  unmasksWhatIsMasked,
  leavesCheckAlone,
  dropInsAreRead,
  extraFilesAreApart,
  carriesOverOnlyExtras,
  carriesOverNothingOfSystemd,
  compressionLevelFits,
  microcodeFitsArchitecture,
  coldplugHasDirectories,
];
