/**
 * Why a boot stops: one stable identifier for each cause, the same on the console, in the kernel's log, in the plan and in
 * docs/reasons.md. An identifier that was released keeps its meaning.
 */

export interface Reason {
  /** When a boot stops with it: completes "the boot stops if ...". */
  readonly when: string;
  /** What it means, and what the operator does. */
  readonly help: string;
}

const otherSlot = 'Boot the other slot';

export const reasons = {
  'kernel-fs-missing': {
    when: '/proc, /sys, /dev or /run cannot be mounted',
    help: 'The kernel lacks procfs, sysfs, devtmpfs or tmpfs, or has no memory left. `bootrelay check --sysroot --kernel` names the option.',
  },
  'run-unwritable': {
    when: '/run or /tmp cannot be written to',
    help: 'There is no memory left, or stage 1 was changed after it was built.',
  },
  'root-hash-missing': {
    when: 'the kernel command line gives no root hash, an empty one, or one that is not hexadecimal',
    help: 'The boot loader entry must have the parameter of KernelCommandLine.RootHash, `usrhash=` by default, with the root hash of the /usr of this slot.',
  },
  'root-hash-length': {
    when: "the root hash has another length than the digests of the verity superblock's algorithm",
    help: 'It has 64 hexadecimal digits with sha256, 128 with sha512. The root hash is cut off, or belongs to another /usr.',
  },
  'file-system-unsupported': {
    when: 'the kernel command line asks for another file system of /usr than the platform has',
    help: 'Remove the parameter, or add the file system to Usr.FileSystem and build again: the initrd has only the modules of those that are there.',
  },
  'usr-options-refused': {
    when: 'the kernel command line gives a mount option of /usr that it may not set, or systemd does not take it',
    help: 'Correct the parameter of KernelCommandLine.UsrOptions, `mount.usrflags=` by default: docs/mount-options.md has those that it may set. An option that names a device is an attack unless somebody knows better.',
  },
  'module-refused': {
    when: 'the kernel refuses a module that the boot needs, or the list of modules is not in the initrd',
    help: 'The module is of another kernel version, damaged, not signed as a locked-down kernel wants it, or not in the initrd. The kernel says which just before.',
  },
  'device-name-unsupported': {
    when: 'the kernel command line names a device in a way that this initrd cannot look up',
    help: 'Name it by a tag that Devices.FindBy has, or add the tag there and build again. Links of udev stand for tags where they are made from one: by-label, by-uuid, by-partlabel, by-partuuid. Quotes around a value must match.',
  },
  'device-missing': {
    when: 'no device matches within the time limit; or none is named, and the initramfs has no live image',
    help: 'The disk is not there, late, without the partition, or its driver is not in the initrd. Look for the disk in the log; raise Devices.Timeout, or add the driver to Modules.',
  },
  'device-ambiguous': {
    when: 'more than one device matches',
    help: 'Two partitions carry the same label, such as a cloned disk beside its original, and stage 1 takes neither. Remove one, or name the partition by PARTUUID.',
  },
  'live-image-refused': {
    when: 'no loop device reads the live image where it is in the initramfs',
    help: 'The kernel has no loop devices left, or the archive that brought the image has a link in its place.',
  },
  'initrd-changed': {
    when: 'a live system is booted, and an archive behind the minimal initrd has replaced files of stage 1',
    help: 'Leave out of that archive what the message names: it may bring the live image and what FullInitrd.CarryOver takes. Take it for an attack if nothing explains it.',
  },
  'device-unreadable': {
    when: 'the disk gives an error where the file system, the verity superblock or the hash tree begins',
    help: `The disk fails, was taken away, or its cable is bad: the kernel's log has the I/O error just before. ${otherSlot}, and look at the disk.`,
  },
  'usr-file-system-missing': {
    when: 'the partition or the live image does not hold the file system, or none of the file systems, that the platform has for /usr; or another one of them than the kernel command line names; or not all of it; or one that needs another device',
    help: `An update did not finish, or the partition is another one. A log or data on another device would not be verified. ${otherSlot} and write this one again. A live image was cut off on its way: load it again.`,
  },
  'verity-superblock-invalid': {
    when: 'there is no verity superblock at the hash offset; or one of a version, type or block size that this initrd does not read; or one that tells of less data than the file system of /usr, or of the image, has, or of more than there is',
    help: `An update did not finish, the hash tree is elsewhere (Verity.HashOffset, Verity.HashDevice), or it was made with other block sizes than 4096. ${otherSlot}.`,
  },
  'verity-root-hash-mismatch': {
    when: 'the root hash does not match the hash tree of /usr, or of the image on a partition',
    help: `/usr is not the one that the boot loader entry belongs to, or its hash tree was changed. An image: it was replaced without a new minimal initrd, or the other way round; install both together, of one \`bootrelay split\`. ${otherSlot} and write this one again; if nobody updated it, take it for an attack.`,
  },
  'verity-signature-not-required': {
    when: 'the kernel takes verity devices without a signature although Verity.RequireSignature=yes',
    help: 'The kernel has dm-verity built in, or it was loaded before, and `dm_verity.require_signatures=1` is not on the kernel command line.',
  },
  'verity-device-refused': {
    when: 'the kernel refuses the verity device',
    help: "The partition is smaller than the verity superblock says, the kernel lacks the hash algorithm, or the root hash has no signature of a key that the kernel trusts. The kernel's log has the cause just before.",
  },
  'signature-missing': {
    when: 'no partition has a signature of the root hash, or what is on it is no signature (Verity.RootHashSignature=partition)',
    help: `The signature partition is that of another /usr, or an update did not finish: its JSON has rootHash and signature. ${otherSlot} and write this one again.`,
  },
  'verity-options-refused': {
    when: 'the kernel command line gives an option of dm-verity that would weaken the platform, or that stage 1 does not know how to keep',
    help: 'Remove it from the parameter of KernelCommandLine.VerityOptions; docs/boot.md has what each option does. An option such as ignore-corruption is an attack unless somebody knows better.',
  },
  'parameter-repeated': {
    when: 'the kernel command line gives different values for one setting, and KernelCommandLine.Repeated=refuse',
    help: 'Two sources of the kernel command line disagree, such as a boot entry and an addon: each setting must have one value. The message names the parameters.',
  },
  'usr-unmountable': {
    when: '/usr cannot be mounted',
    help: `The file system is damaged, was made for a newer kernel, or does not take the mount options; an xfs on dm-verity must have sectors of 4096 bytes (mkfs.xfs -s size=4096). ${otherSlot}.`,
  },
  'usr-not-as-verified': {
    when: 'stage 1 or the full initrd finds another /usr than the one that was verified: not mounted or more than once, writable, of another device, another directory of it, or with another root hash; or the kernel calls it corrupted',
    help: 'Mount options led elsewhere, something in the full initrd mounted over it, or a block of /usr was changed since. Take it for an attack if nothing explains it.',
  },
  'retry-refused': {
    when: 'the emergency shell was left, and the boot cannot begin again since something of what it had done cannot be undone (Emergency.AfterShell=retry)',
    help: 'A program that the shell has started still uses a mount or the verity device. The action of the platform follows.',
  },
  'image-missing': {
    when: 'the image of the full initrd is not where FullInitrd.Image has it: in /usr, or on FullInitrd.HostDevice',
    help: `/usr was made without it, or FullInitrd.Image is another path there. On a partition of its own: it was removed or renamed, or it was written just before the power went and is only in the log of that file system, which stage 1 does not replay; mount that partition once. ${otherSlot}, or the entry before.`,
  },
  'image-host-unmountable': {
    when: 'the partition with the image of the full initrd cannot be mounted',
    help: 'It has another file system than FullInitrd.HostFileSystem, a subvolume is missing, its log is on another device, or it is damaged: check it from another entry or a rescue system.',
  },
  'image-unreadable': {
    when: 'no loop device reads the image of the full initrd, or it cannot be copied into memory',
    help: 'A link leads to it, where the file itself must be; the disk cannot read it; or it is larger than half of the memory (FullInitrd.HostCopy=yes).',
  },
  'image-unmountable': {
    when: 'the image of the full initrd cannot be mounted; on a partition: it is no image of FullInitrd.FileSystem, or not all of it',
    help: `It is of another file system than FullInitrd.FileSystem, cut off, or compressed in a way that the kernel does not know. ${otherSlot}.`,
  },
  'image-not-as-verified': {
    when: 'what is mounted as the full initrd is not the image in the verified /usr, all of it and from its start; or not the verified image of a partition',
    help: `Take it for an attack, or for a fault of the kernel. ${otherSlot}.`,
  },
  'image-unfit': {
    when: 'the image of the full initrd was packed for another stage 1: whole instead of thin or the other way round, or in a later format',
    help: `The initrd in /boot and the image in /usr are of different releases or platforms: an update reached only one of them. ${otherSlot}, and install both together.`,
  },
  'overlay-failed': {
    when: "the full initrd's root cannot be made: a tmpfs, the overlay above the image, or the system's /usr in it",
    help: 'There is no memory left, or the kernel is older than FullInitrd.Thin=overlay needs (6.5).',
  },
  'init-missing': {
    when: 'the full initrd has no init that the kernel can start: no such file, a link that leads nowhere, a directory, not executable, of another architecture, or without its interpreter or loader',
    help: 'The image is no initrd, FullInitrd.Init is another path in it, or what /usr should have of it is not there. The message says which.',
  },
  'release-missing': {
    when: 'the full initrd has no /etc/initrd-release, or with Init=systemd no os-release, and systemd switches to no other root',
    help: 'The full initrd must have /etc/initrd-release, by which its systemd knows that it is in an initrd, and /etc/os-release or /usr/lib/os-release, as dracut and mkosi-initrd make them.',
  },
  'carry-over-failed': {
    when: 'what FullInitrd.CarryOver names cannot be copied into the full initrd',
    help: 'The overlay is full: raise FullInitrd.TmpfsSize, or the machine has too little memory.',
  },
  'full-initrd-emergency': {
    when: 'systemd in the full initrd comes to its emergency or rescue mode, and Emergency.FullInitrd=follow',
    help: 'A unit of the full initrd has failed, which the message names, or a device did not come, such as that of `root=`: the lines of systemd just before say which. `rd.emergency`, `rd.rescue` and `rd.break` on the kernel command line lead there too.',
  },
  'hand-over-failed': {
    when: '/usr or the mounts of stage 1 cannot be handed over to the full initrd',
    help: 'The full initrd lacks a mount point and cannot be written to, or the kernel refuses the mount.',
  },
  'program-missing': {
    when: 'a step starts a program that is not in the minimal initrd, or cannot be executed',
    help: 'The minimal initrd was changed after it was built, or is damaged: `bootrelay build` puts in all that the plan needs. The console names the program just before.',
  },
  'unit-failed': {
    when: 'a unit of stage 1 fails without a reason of its own, or takes too long (Init=systemd)',
    help: "The log before has systemd's own words.",
  },
  'hand-over-missing': {
    when: 'the full initrd finds no hand-over, or one without what it needs',
    help: 'The full initrd of this platform was booted without stage 1, or by that of another platform.',
  },
} as const satisfies Record<string, Reason>;

export type ReasonName = keyof typeof reasons;
