/** What an image on a partition demands of other settings, and what one in /usr does. */
import { usesUsr } from './image-host.ts';
import type { Rule, Violation } from './rule.ts';
import type { SettingName } from './settings.ts';
import { verityTool } from './verity-device.ts';

const hostIsNamed: Rule = ({ settings: { FullInitrd } }) => {
  if (FullInitrd.Host === 'usr' || FullInitrd.HostDevice) return [];
  const message = 'FullInitrd.HostDevice is required with Host=partition: the partition that holds the image';
  return [{ kind: 'value-required', setting: 'FullInitrd.Host', message, hint: 'HostDevice=PARTLABEL=ESP' }];
};

/** Parameters that systemd-veritysetup-generator(8) reads. */
const generatorNames = ['usrhash', 'roothash'];

/** Each setting that has one of the values, as a contradiction with Host=partition. */
const hostGoesWith: Rule = ({ settings }) => {
  if (usesUsr(settings)) return [];
  const { FullInitrd, Verity, KernelCommandLine } = settings;
  const contradictions: readonly (readonly [boolean, SettingName, string, string?])[] = [
    [
      FullInitrd.Source !== 'image',
      'FullInitrd.Source',
      `Source=${FullInitrd.Source} needs /usr, which Host=partition sets nothing up of`,
      'Source=image',
    ],
    [
      Verity.Verity === 'no',
      'Verity.Verity',
      'an image on a partition needs Verity=required: nothing else there is verified',
      'Verity=required',
    ],
    [
      Verity.Name === 'usr',
      'Verity.Name',
      'Name=usr is what the full initrd may call its own verity device: that of the image needs another one',
      'Name=bootrelay-initrd',
    ],
    [
      Verity.RootHash === 'signature',
      'Verity.RootHash',
      'RootHash=signature needs a discoverable /usr: Host=partition has none',
      'RootHash=image',
    ],
    [
      Verity.RootHash === 'command-line' &&
        generatorNames.some((name) => KernelCommandLine.RootHash.includes(name)),
      'KernelCommandLine.RootHash',
      'the full initrd takes usrhash= and roothash= for partitions of its own: the root hash of an image needs another name',
      'Verity.RootHash=image, or KernelCommandLine.RootHash=bootrelay.roothash',
    ],
    [
      Verity.RootHashSignature === 'partition',
      'Verity.RootHashSignature',
      'the signature of the root hash of an image must be in a file, with Host=partition',
    ],
    [
      verityTool(settings) === 'systemd-veritysetup',
      'Verity.Tool',
      'systemd-veritysetup cannot leave a device to go with the full initrd, as Host=partition needs it',
      'Tool=auto',
    ],
    ...(['DataDevice', 'HashDevice', 'FecDevice'] as const).map(
      (key) =>
        [
          Verity[key] !== undefined,
          `Verity.${key}`,
          `${key} is for /usr: with Host=partition the hash tree is behind the image`,
        ] as const,
    ),
  ];
  return contradictions.flatMap(([holds, setting, message, hint]): readonly Violation[] =>
    holds ? [{ kind: 'settings-contradict', setting, message, hint }] : [],
  );
};

const rootHashOfImage: Rule = ({ settings }) => {
  if (!usesUsr(settings) || settings.Verity.RootHash !== 'image') return [];
  const message =
    'RootHash=image needs FullInitrd.Host=partition: an image in /usr has no hash tree of its own';
  return [
    { kind: 'settings-contradict', setting: 'Verity.RootHash', message, hint: 'RootHash=command-line' },
  ];
};

const imageIsInUsr: Rule = ({ settings }) => {
  const { Image, Source } = settings.FullInitrd;
  if (!usesUsr(settings) || Source === 'usr' || Image.startsWith('/usr/')) return [];
  const message = `"${Image}" must be a path below /usr, the verified file system`;
  return [
    { kind: 'value-invalid', setting: 'FullInitrd.Image', message, hint: '/usr/lib/bootrelay/initrd.img' },
  ];
};

export const imageHostRules: readonly Rule[] = [hostIsNamed, hostGoesWith, rootHashOfImage, imageIsInUsr];
