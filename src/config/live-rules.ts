/** What a live system demands of other settings. */
import { liveUsr } from './live-usr.ts';
import type { Rule } from './rule.ts';
import { dissects, readsSignature } from './verity-device.ts';

const liveIsVerified: Rule = ({ settings }) => {
  if (liveUsr(settings)?.verity !== 'optional') return [];
  const { RootHash } = settings.KernelCommandLine;
  const message = `a live /usr is used without verification where ${RootHash.join('= or ')}= is not given: whoever can append an archive to the initrd chooses it`;
  return [{ kind: 'usr-unverified', setting: 'Usr.LiveVerity', message, hint: 'LiveVerity=required' }];
};

/** Where stage 1 mounts something, which covers what an archive brought. */
const mountPlaces = /^\/(dev|proc|sys|run|full|host|image|memory|overlay|sysusr)(\/|$)/;
const ownPlaces = /^\/(init|bin|sbin|lib\w*|usr|modules|skeleton)$/;

const liveFilesAreApart: Rule = ({ settings: { Usr } }) =>
  (['Usr.LiveImage', 'Usr.LiveHash'] as const).flatMap((setting) => {
    const path = setting === 'Usr.LiveImage' ? Usr.LiveImage : Usr.LiveHash;
    const other = setting === 'Usr.LiveHash' && path === Usr.LiveImage;
    if (path === undefined || !(other || mountPlaces.test(path) || ownPlaces.test(path))) return [];
    const message = other
      ? `${path} is the live image itself: LiveHash is for a hash tree in a file of its own`
      : `${path} must not be a live image: stage 1 has something else there`;
    return [{ kind: 'settings-contradict', setting, message, hint: '/usr.squashfs' }];
  });

const hashTreeIsThere: Rule = ({ settings }) => {
  const { Verity, Usr } = settings;
  if (Usr.LiveImage === undefined || Verity.Verity === 'no') return [];
  if (!Verity.HashDevice || Usr.LiveHash !== undefined) return [];
  const message =
    'LiveHash is required with LiveImage and Verity.HashDevice: the hash tree is not behind the file system';
  return [{ kind: 'value-required', setting: 'Usr.LiveImage', message, hint: 'LiveHash=/usr.verity' }];
};

const liveUsrHasNoPartitions: Rule = ({ settings }) => {
  if (settings.Usr.LiveImage === undefined) return [];
  const signed = readsSignature(settings);
  if (!signed && !dissects(settings)) return [];
  const what = signed ? 'signature partition' : 'discoverable partitions';
  const message = `a live image has no ${what}: LiveImage needs a platform whose /usr is named`;
  return [
    { kind: 'settings-contradict', setting: 'Usr.LiveImage', message, hint: 'Usr.Device=PARTLABEL=USR-A' },
  ];
};

const signatureIsNotLeftOut: Rule = ({ settings }) => {
  if (liveUsr(settings)?.verity !== 'optional' || !settings.Verity.RequireSignature) return [];
  const message =
    'LiveVerity=optional leaves the signature out that RequireSignature=yes asks for: a boot without a root hash has none';
  return [{ kind: 'settings-contradict', setting: 'Usr.LiveVerity', message, hint: 'LiveVerity=required' }];
};

const memoryIsNotCorrected: Rule = ({ settings: { Usr, Verity } }) => {
  if (Usr.LiveImage === undefined || Verity.Verity === 'no' || !Verity.FecDevice) return [];
  const message = 'a live image has no FecDevice: LiveImage needs a platform without it';
  return [{ kind: 'settings-contradict', setting: 'Usr.LiveImage', message }];
};

const isInMemoryOnce: Rule = ({ settings: { Usr, FullInitrd } }) =>
  FullInitrd.CarryOver.filter(({ source }) =>
    [Usr.LiveImage, Usr.LiveHash].some((path) => path === source || path?.startsWith(`${source}/`)),
  ).map(({ source }) => ({
    kind: 'settings-contradict',
    setting: 'FullInitrd.CarryOver',
    message: `${source} must not be carried over: the live image would be in memory twice`,
  }));

export const liveRules: readonly Rule[] = [
  liveIsVerified,
  liveFilesAreApart,
  hashTreeIsThere,
  liveUsrHasNoPartitions,
  signatureIsNotLeftOut,
  memoryIsNotCorrected,
  isInMemoryOnce,
];
