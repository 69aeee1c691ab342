/** The platforms whose rendered text is covered by goldens and checked by real shells; together they have every branch. */
import { readFileSync } from 'node:fs';
import type { LoadedPlatform } from '../../src/config/load.ts';
import { planBoot } from '../../src/plan/plan.ts';
import { renderPlatform } from '../../src/render/platform.ts';
import type { RenderedFile, RenderedTree } from '../../src/render/tree.ts';
import { load } from '../config/platform-files.ts';

const shipped = (name: string) => readFileSync(new URL(`../../platforms/${name}`, import.meta.url), 'utf8');

const hash = `$6$abcdefgh$${'x'.repeat(86)}`;

const files = {
  'platforms/base.ini': shipped('base.ini'),
  'platforms/qemu-x86_64.ini': shipped('qemu-x86_64.ini'),
  'platforms/qemu-x86_64-systemd.ini': shipped('qemu-x86_64-systemd.ini'),
  'platforms/generic-x86_64.ini': shipped('generic-x86_64.ini'),
  'platforms/thin-read-only.ini': `[Platform]
Extends=qemu-x86_64.ini
Description=A thin image that is not written to: its overlay has no upper layer
[FullInitrd]
Source=thin
FileSystem=squashfs
Writable=no
CarryOver=
`,
  'platforms/thin-systemd.ini': `[Platform]
Extends=generic-x86_64.ini
Description=systemd, drivers by modalias, a thin image
[Initrd]
Init=systemd
[Usr]
HandOver=move
[FullInitrd]
Source=thin
`,
  'platforms/two-partitions.ini': `[Platform]
Extends=base.ini
Description=veritysetup, a hash partition of its own, found by PARTUUID, a read-only squashfs, halt
[Usr]
Device=/dev/mapper/usr
FileSystem=btrfs
Options=compress=zstd,nodatacow
HandOver=move
[Verity]
DataDevice=PARTUUID=B0074E1A-0000-4000-8000-000000000011
HashDevice=PARTUUID=b0074e1a-0000-4000-8000-000000000012
Tool=veritysetup
OnCorruption=restart
FecDevice=PARTLABEL=USR-FEC
RootHashSignature=/etc/verity.d/usr.p7s
RequireSignature=yes
[FullInitrd]
FileSystem=squashfs
Writable=no
CarryOver=
[Emergency]
Action=halt
Shell=password
PasswordHash=${hash}
PasswordCredential=passwd.hashed-password.root
AfterShell=retry
[KernelCommandLine]
DataDevice=verity.usr systemd.verity_usr_data
RootHash=verity.usrhash usrhash
UsrOptions=mount.usrflags usrflags
Timeout=rd.earlytimeout
`,
  'platforms/discoverable.ini': `[Platform]
Extends=base.ini
Description=Discoverable partitions by the root hash, and the signature
[Usr]
Device=dissect
[Verity]
RootHashSignature=partition
RequireSignature=yes
[KernelCommandLine]
UsrDevice=mount.usr usr
VerityOptions=systemd.verity_usr_options
Repeated=refuse
`,
  'platforms/newest.ini': `[Platform]
Extends=base.ini
Description=The newest discoverable /usr whose root hash is signed
[Initrd]
Init=systemd
[Usr]
Device=dissect
LabelPattern=Example_*
[Verity]
RootHash=signature
RootHashSignature=partition
RequireSignature=yes
[KernelCommandLine]
VerityOptions=systemd.verity_usr_options
`,
  'platforms/sealed.ini': `[Platform]
Extends=base.ini
Description=Nothing from the command line: the root hash built in, one partition, a fixed offset
[Usr]
Device=LABEL=usr "it's" 100% $(full)
[Verity]
RootHash=${'0123456789abcdef'.repeat(4)}
HashOffset=1G
OnCorruption=error
OnError=panic
Name=usr-verity
[FullInitrd]
CarryOver=/.extra
CarryOver=/etc/credstore/boot
[Emergency]
Action=panic
Delay=500ms
[KernelCommandLine]
Override=no
`,
  'platforms/unverified.ini': `[Platform]
Extends=base.ini
Description=For development: no verity, ext4
[Usr]
Device=PARTLABEL=USR-A
FileSystem=ext4
[Verity]
Verity=no
RootHash=
OnCorruption=
[Emergency]
Action=poweroff
Shell=always
AfterShell=retry
Debug=yes
`,
  'platforms/systemd-sealed.ini': `[Platform]
Extends=base.ini
Description=systemd, nothing from the command line, a name with a dash, a hash partition, moved, panic
[Initrd]
Init=systemd
[Usr]
FileSystem=btrfs
Options=compress=zstd,nodatacow
HandOver=move
[Verity]
DataDevice=UUID=b0074e1a-0000-4000-8000-000000000001
HashDevice=PARTLABEL=100% $(hash)
FecDevice=PARTLABEL=USR-FEC
FecOffset=8M
FecRoots=4
RootHashSignature=/etc/verity.d/usr.p7s
RootHash=${'0123456789abcdef'.repeat(4)}
Name=usr-verity
[FullInitrd]
TmpfsSize=64M
Init=/usr/lib/systemd/systemd
CarryOver=
[Emergency]
Action=panic
Delay=500ms
[KernelCommandLine]
Override=no
`,
  'platforms/usr.ini': `[Platform]
Extends=qemu-x86_64.ini
Description=No image: the system's own /usr is the full initrd
[FullInitrd]
Source=usr
TmpfsSize=64M
Mask=e2scrub_reap.service
Unmask=sound.target
DropIns=systemd-modules-load.service Service.TimeoutStartSec=5s
DropIns=systemd-modules-load.service Service.Environment=RATE=100%
DropIns=systemd-modules-load.service Unit.Description=Load modules
Users=
ExtraFiles=/etc/modprobe.d
`,
  'platforms/usr-systemd.ini': `[Platform]
Extends=qemu-x86_64-systemd.ini
Description=systemd, and the system's own /usr as the full initrd, moved
[Usr]
HandOver=move
[FullInitrd]
Source=usr
`,
  'platforms/any-linux.ini': shipped('any-linux.ini'),
  'platforms/without-systemd.ini': `[Platform]
Extends=any-linux.ini
Description=For an initrd without systemd: the image is copied into memory
[Modules]
Load=listed
ModuleDirectories=
[FullInitrd]
HostDevice=PARTLABEL=ESP
HostFileSystem=ext4
Init=/usr/lib/bootrelay/init
`,
  'platforms/btrfs-copy.ini': `[Platform]
Extends=any-linux.ini
Description=systemd, the image is copied from a subvolume of the root file system, its root hash is built in
[Initrd]
Init=systemd
[Modules]
Load=listed
ModuleDirectories=
[Verity]
Tool=dmsetup
RootHash=${'0123456789abcdef'.repeat(4)}
[FullInitrd]
HostDevice=UUID=b0074e1a-0000-4000-8000-000000000003
HostFileSystem=btrfs
HostSubvolume=/@
HostCopy=yes
Image=/usr/lib/bootrelay/initrd.img
FileSystem=squashfs
Writable=no
CarryOver=
Init=/usr/lib/bootrelay/init
[Emergency]
Shell=always
AfterShell=retry
`,
  'platforms/systemd-unverified.ini': `[Platform]
Extends=base.ini
Description=systemd for development: no verity, ext4, a read-only squashfs, halt
[Initrd]
Init=systemd
[Usr]
Device=PARTLABEL=USR-A
FileSystem=ext4
[Verity]
Verity=no
RootHash=
OnCorruption=
[FullInitrd]
FileSystem=squashfs
Writable=no
CarryOver=
[Emergency]
Action=halt
Shell=password
PasswordHash=${hash}
AfterShell=retry
Debug=yes
`,
};

export const platformNames = [
  'any-linux',
  'without-systemd',
  'btrfs-copy',
  'usr',
  'usr-systemd',
  'qemu-x86_64',
  'qemu-x86_64-systemd',
  'generic-x86_64',
  'thin-read-only',
  'thin-systemd',
  'two-partitions',
  'discoverable',
  'newest',
  'sealed',
  'unverified',
  'systemd-sealed',
  'systemd-unverified',
] as const;

/** The units of a rendered platform: those of the minimal initrd and those of the full one are two sets. */
export function unitsOf(name: string, initrd: 'minimal' | 'full'): readonly (readonly [string, string])[] {
  return filesOf(name).flatMap(([path, { text }]) => {
    const unit = /^(minimal\/skeleton|minimal|full)\/.*?([^/]+\.(?:service|mount|target))$/.exec(path);
    const place = unit?.[1] === 'minimal' ? 'minimal' : 'full';
    return unit && place === initrd ? [[unit[2] ?? '', text] as const] : [];
  });
}

/** What is rendered for a platform, without links. */
export function filesOf(name: string): readonly (readonly [path: string, file: RenderedFile])[] {
  return [...renderNamed(name)].flatMap(([path, file]) => ('text' in file ? [[path, file] as const] : []));
}

export function loadNamed(name: string, ...overrides: readonly string[]): LoadedPlatform {
  return load(files, `platforms/${name}.ini`, overrides);
}

export function renderNamed(name: string, ...overrides: readonly string[]): RenderedTree {
  const { config, files: read, findings } = loadNamed(name, ...overrides);
  if (!config) throw new Error(JSON.stringify(findings));
  return renderPlatform(config, planBoot(config, read));
}

/** Every platform with each of its initrds that has units. */
export const unitSets = platformNames.flatMap((name) =>
  (['minimal', 'full'] as const).flatMap((initrd) =>
    unitsOf(name, initrd).length > 0 ? [[name, initrd] as const] : [],
  ),
);
