/** Faults of live systems, whose /usr is a file in an archive behind the minimal initrd. */
import { append, type Fault, verified } from './fault.ts';

const path = '/usr.live';
const knowsLive = [`Usr.LiveImage=${path}`];
const optional = [...knowsLive, 'Verity.RootHash=command-line', 'Usr.LiveVerity=optional'];

/** There is no disk at all. */
const live = { live: { path }, disks: [] } as const;

const withoutRootHash: NonNullable<Fault['commandLine']> = (sound, { RootHash }) =>
  sound
    .split(' ')
    .filter((word) => !word.startsWith(`${RootHash}=`))
    .join(' ');

export const liveFaults = {
  'live-image': {
    what: '/usr is a file in an archive behind the initrd, and there is no disk',
    settings: knowsLive,
    ...live,
    expected: verified,
  },
  'live-image-absent': {
    what: 'neither a file that is /usr nor a disk is there',
    settings: [...knowsLive, 'Devices.Timeout=2s'],
    disks: [],
    expected: { step: 'find-usr-partition', reason: 'device-missing' },
  },
  'live-image-cut-off': {
    what: 'the file that is /usr ends before its file system does',
    settings: knowsLive,
    live: { path, bytes: 1024 * 1024 },
    disks: [],
    expected: { step: 'set-up-verity', reason: 'usr-file-system-missing' },
  },
  'live-image-cut-off-unverified': {
    what: 'the same, and nothing verifies it',
    settings: optional,
    commandLine: withoutRootHash,
    live: { path, bytes: 1024 * 1024 },
    disks: [],
    expected: { step: 'find-live-usr', reason: 'usr-file-system-missing' },
  },
  'live-image-is-link': {
    what: 'in the place of the file that is /usr is a link to another one',
    settings: knowsLive,
    live: { path: '/other.live' },
    disks: [],
    files: { [path]: { link: '/other.live' } },
    expected: { step: 'find-live-usr', reason: 'live-image-refused' },
  },
  'live-root-hash-missing': {
    what: '/usr is a file that must be verified, and there is no root hash',
    settings: [...knowsLive, 'Verity.RootHash=command-line'],
    commandLine: withoutRootHash,
    ...live,
    expected: { step: 'read-kernel-command-line', reason: 'root-hash-missing' },
  },
  'live-root-hash-given': {
    what: '/usr is a file that needs no verification, and there is a wrong root hash',
    settings: optional,
    commandLine: append(({ RootHash }) => `${RootHash}=${'ab'.repeat(32)}`),
    ...live,
    expected: { step: 'set-up-verity', reason: 'verity-root-hash-mismatch' },
  },
  'live-disk-without-root-hash': {
    what: 'only a file needs no verification, /usr is that of a disk, and there is no root hash',
    settings: optional,
    commandLine: withoutRootHash,
    expected: { step: 'find-live-usr', reason: 'root-hash-missing' },
  },
  'live-image-beside-disk': {
    what: 'the kernel command line names a disk, and an archive brings another /usr',
    settings: knowsLive,
    live: { path, bytes: 1024 * 1024 },
    commandLine: append(({ UsrDevice }) => `${UsrDevice}=PARTLABEL=USR-B`),
    disks: [{ label: 'USR-B' }],
    expected: verified,
  },
  'live-initrd-changed': {
    what: 'the archive that brings /usr replaces a program of stage 1',
    settings: knowsLive,
    ...live,
    files: { '/usr/bin/cp': '#!/bin/sh\n' },
    expected: { step: 'find-live-usr', reason: 'initrd-changed' },
  },
} satisfies Record<string, Fault>;
