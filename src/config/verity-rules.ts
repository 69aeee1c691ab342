/** What the settings of [Verity] and the device of /usr demand of one another. */
import { usesUsr } from './image-host.ts';
import type { Rule, Violation } from './rule.ts';
import type { SettingName } from './settings.ts';
import { formatDevice } from './value-types/devices.ts';
import {
  dissects,
  hashPartition,
  hasOwnHashPartition,
  makesTable,
  verityDevicePath,
  verityTool,
} from './verity-device.ts';

const dataDeviceIsNamed: Rule = ({ settings: { Usr, Verity }, settings }) => {
  if (!usesUsr(settings)) return [];
  const verityPath = verityDevicePath(settings);
  const usrIsVerity = Usr.Device?.value === verityPath;
  // One that is only ever booted live has no disk.
  const onLiveSystems = Usr.LiveImage !== undefined;
  if (Verity.Verity === 'no') {
    if (!Usr.Device) return onLiveSystems ? [] : [deviceRequired('Usr.Device')];
    if (!usrIsVerity) return [];
    const message = `${verityPath} needs Verity=required`;
    return [{ kind: 'settings-contradict', setting: 'Usr.Device', message }];
  }
  if (!Usr.Device && !Verity.DataDevice) return onLiveSystems ? [] : [deviceRequired('Usr.Device')];
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

const verityIsUsed: Rule = ({ settings: { Verity } }) =>
  Verity.Verity === 'required'
    ? []
    : [
        {
          kind: 'usr-unverified',
          setting: 'Verity.Verity',
          message: '/usr and the full initrd in it are used without verification',
          hint: 'Verity=required',
        },
      ];

const rootHashIsUsed: Rule = ({ settings: { Verity } }) => {
  if (Verity.Verity === 'required' || Verity.RootHash === 'command-line') return [];
  const message = 'a built-in root hash needs Verity=required';
  return [{ kind: 'settings-contradict', setting: 'Verity.RootHash', message }];
};

const hashTreeIsApart: Rule = ({ settings: { Verity }, settings }) => {
  if (Verity.Verity === 'no' || Verity.HashOffset !== 0 || dissects(settings)) return [];
  if (hasOwnHashPartition(settings)) return [];
  const message = 'a hash tree at offset 0 needs a HashDevice of its own: the file system starts there';
  const setting = Verity.HashDevice ? 'Verity.HashDevice' : 'Verity.HashOffset';
  const hint = 'HashOffset=auto';
  return [{ kind: 'settings-contradict', setting, message, hint }];
};

/** Names of discoverable partitions are made of the root hash: there is nothing else to say of them. */
const discoveredIsFound: Rule = ({ settings }) => {
  const { Verity, HashDevice, HashOffset } = settings.Verity;
  if (Verity === 'no' || !dissects(settings)) return [];
  const offset = HashOffset !== 'auto' && HashOffset !== 0;
  if (HashDevice === undefined && !offset) return [];
  const setting = HashDevice === undefined ? 'Verity.HashOffset' : 'Verity.HashDevice';
  const message = `the hash tree of a discoverable /usr is at the start of the partition that the root hash names: ${setting} must not be set`;
  return [
    { kind: 'settings-contradict', setting, message, hint: 'leave it out, or name the partition of /usr' },
  ];
};

/** A root hash from the disk is worth what the kernel's check of its signature is. */
const foundRootHashIsSigned: Rule = ({ settings }) => {
  const { Verity, RootHash, RootHashSignature, RequireSignature } = settings.Verity;
  if (Verity === 'no' || RootHash !== 'signature') return [];
  const missing = [
    ...(dissects(settings) ? [] : ['Usr.Device=dissect']),
    ...(RootHashSignature === 'partition' ? [] : ['Verity.RootHashSignature=partition']),
    ...(RequireSignature ? [] : ['Verity.RequireSignature=yes']),
  ];
  if (missing.length === 0) return [];
  const message = `RootHash=signature needs ${missing.join(' and ')}: whoever can write to the disk would choose the /usr that boots`;
  return [{ kind: 'settings-contradict', setting: 'Verity.RootHash', message, hint: missing.join(', ') }];
};

const rootHashIsProtected: Rule = ({ settings }) => {
  const { Verity, KernelCommandLine } = settings;
  if (Verity.Verity === 'no') return [];
  const signed = Verity.RootHashSignature !== undefined && Verity.RequireSignature;
  if (Verity.RootHash === 'command-line' && !signed) {
    return [
      {
        kind: 'root-hash-unprotected',
        setting: 'Verity.RootHash',
        message: `whoever can change ${KernelCommandLine.RootHash.join('= or ')}= on the kernel command line chooses the ${usesUsr(settings) ? '/usr' : 'full initrd'} that boots`,
        hint: 'sign the command line with the kernel (a UKI), build the root hash in, or require its signature',
      },
    ];
  }
  return [];
};

const formOfTool: Readonly<Record<string, 'shell' | 'systemd'>> = {
  'dm-create': 'shell',
  'systemd-veritysetup': 'systemd',
};

const toolFitsForm: Rule = ({ settings }) => {
  const { Initrd, Verity } = settings;
  const form = formOfTool[Verity.Tool] ?? Initrd.Init;
  // Where no udev runs, both forms are the same.
  if (Verity.Verity === 'no' || Initrd.Init === form || !usesUsr(settings)) return [];
  const message = `${Verity.Tool} needs Initrd.Init=${form}`;
  return [{ kind: 'settings-contradict', setting: 'Verity.Tool', message, hint: 'Tool=auto' }];
};

const onErrorNeedsTable: Rule = ({ settings }) => {
  const tool = verityTool(settings);
  const { Verity, OnError } = settings.Verity;
  if (Verity === 'no' || OnError === 'error' || makesTable(tool)) return [];
  const message = `OnError=${OnError} needs Verity.Tool=dm-create or dmsetup: ${tool} has no such option`;
  return [{ kind: 'settings-contradict', setting: 'Verity.OnError', message, hint: 'Tool=dmsetup' }];
};

const onlyVeritysetup = ['RootHashSignature', 'FecDevice'] as const;

const toolCanDoIt: Rule = ({ settings }) => {
  const tool = verityTool(settings);
  if (settings.Verity.Verity === 'no' || !makesTable(tool)) return [];
  return onlyVeritysetup
    .filter((key) => settings.Verity[key] !== undefined)
    .map((key) => ({
      kind: 'settings-contradict',
      setting: `Verity.${key}`,
      message: `${key} needs Verity.Tool=veritysetup or systemd-veritysetup, not ${tool}`,
      hint: 'Tool=auto',
    }));
};

const signatureIsThere: Rule = ({ settings: { Verity } }) => {
  if (Verity.Verity === 'no' || !Verity.RequireSignature || Verity.RootHashSignature !== undefined) return [];
  const message = 'no /usr boots: the kernel refuses a root hash without a signature, and there is none';
  const setting = 'Verity.RequireSignature';
  return [{ kind: 'root-hash-unsigned', setting, message, hint: 'RootHashSignature=/etc/verity.d/usr.p7s' }];
};

const errorCorrectionIsApart: Rule = ({ settings: { Usr, Verity }, settings }) => {
  const { FecDevice, DataDevice, FecOffset } = Verity;
  if (Verity.Verity === 'no' || !FecDevice || FecOffset > 0) return [];
  const others = [DataDevice ?? Usr.Device, hashPartition(settings)].flatMap((device) =>
    device ? [formatDevice(device)] : [],
  );
  if (!others.includes(formatDevice(FecDevice))) return [];
  const message = `${formatDevice(FecDevice)} has other data at its start: FecDevice needs a FecOffset there, or a partition of its own`;
  return [{ kind: 'settings-contradict', setting: 'Verity.FecDevice', message }];
};

export const verityRules: readonly Rule[] = [
  dataDeviceIsNamed,
  verityIsUsed,
  rootHashIsUsed,
  hashTreeIsApart,
  discoveredIsFound,
  foundRootHashIsSigned,
  toolFitsForm,
  onErrorNeedsTable,
  toolCanDoIt,
  signatureIsThere,
  errorCorrectionIsApart,
  rootHashIsProtected,
];
