/** What the settings of [FullInitrd] demand of one another and of Initrd.Init. */

import { didYouMean } from '../text/suggestions.ts';
import { compressorsOf } from './image-format.ts';
import type { Rule } from './rule.ts';
import { emergencyUnits, followsEmergency, isMasked, ownUnits } from './usr-units.ts';

/** What stage 1 and the full initrd have at these places must not be overwritten. */
const ownPlaces =
  /^\/(init|bin|sbin|lib\w*|usr|dev|proc|sys|run|full|host|image|memory|overlay|sysusr|sysroot|modules)(\/|$)/;

/** What is mounted or made there is no file that an archive brought; the rest is stage 1 itself. */
const noSource =
  /^\/(init|bin|sbin|lib\w*|usr|modules|skeleton)$|^\/(dev|proc|sys|run|full|host|image|memory|overlay|sysusr|sysroot)(\/|$)/;

const carriesOverOnlyExtras: Rule = ({ settings: { FullInitrd } }) =>
  FullInitrd.CarryOver.flatMap(({ source, target }) => {
    const own = [target].filter((path) => ownPlaces.test(path) || path === FullInitrd.Init);
    const path = own[0] ?? (noSource.test(source) ? source : undefined);
    if (path === undefined) return [];
    const message = `${path} must not be carried over: both initrds have their own`;
    return [{ kind: 'settings-contradict', setting: 'FullInitrd.CarryOver', message }];
  });

/** Files of the systemd form that the full initrd has its own of. */
const systemdOwn =
  /^\/etc(\/systemd(\/system|\/(system|journald)\.conf)?|\/(passwd|group|machine-id|initrd-release|os-release))?$/;

const carriesOverNothingOfSystemd: Rule = ({ settings: { FullInitrd, Initrd } }) =>
  Initrd.Init === 'shell'
    ? []
    : FullInitrd.CarryOver.filter(({ target }) => systemdOwn.test(target)).map(({ target }) => ({
        kind: 'settings-contradict',
        setting: 'FullInitrd.CarryOver',
        message: `${target} must not be carried over with Initrd.Init=systemd: both initrds have their own`,
      }));

const imageCompressionFits: Rule = ({ settings: { FullInitrd } }) => {
  const { FileSystem, Compression } = FullInitrd;
  const known: readonly string[] = compressorsOf[FileSystem];
  if (Compression === 'auto' || known.includes(Compression)) return [];
  const message = `Compression must be one of ${known.join(', ')} with FullInitrd.FileSystem=${FileSystem}`;
  return [{ kind: 'settings-contradict', setting: 'FullInitrd.Compression', message }];
};

const unmasksWhatIsMasked: Rule = ({ settings: { FullInitrd } }) =>
  FullInitrd.Unmask.filter((unit) => !ownUnits.includes(unit)).map((unit) => ({
    kind: 'setting-without-effect',
    setting: 'FullInitrd.Unmask',
    message: `bootrelay neither masks nor changes ${unit} by itself`,
    hint: didYouMean(unit, ownUnits),
  }));

/** What the skeleton of the full initrd has of its own. */
const ownOfSkeleton =
  /^\/(init|bin|sbin|lib\w*|usr|dev|proc|sys|run|sysusr|sysroot)(\/|$)|^\/(etc|var)$|^\/var\/run(\/|$)|^\/etc\/(passwd|group|machine-id|mtab|initrd-release|os-release|systemd|systemd\/system)$|^\/etc\/bootrelay(\/|$)|^\/etc\/systemd\/system\/(bootrelay-|sysusr-usr|sysroot-usr|systemd-veritysetup@)/;

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

const leavesEmergencyAlone: Rule = ({ settings }) => {
  if (!followsEmergency(settings)) return [];
  const { Mask, DropIns } = settings.FullInitrd;
  const named = [
    ...Mask.map((unit) => ['FullInitrd.Mask', unit] as const),
    ...DropIns.map(({ unit }) => ['FullInitrd.DropIns', unit] as const),
  ];
  return named
    .filter(([, unit]) => emergencyUnits.some((own) => own === unit))
    .map(([setting, unit]) => ({
      kind: 'settings-contradict',
      setting,
      message: `${unit} must stay as bootrelay renders it with Emergency.FullInitrd=follow: it ends the boot`,
      hint: 'Emergency.FullInitrd=own',
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

export const fullInitrdRules: readonly Rule[] = [
  imageCompressionFits,
  unmasksWhatIsMasked,
  leavesCheckAlone,
  leavesEmergencyAlone,
  dropInsAreRead,
  extraFilesAreApart,
  carriesOverOnlyExtras,
  carriesOverNothingOfSystemd,
];
