/** Every command with its arguments and options as data: yargs reads it, and so do the completion and the man page. */
import { type Command, command } from './command.ts';
import { allowableKinds, type FindingKind } from './findings.ts';
import { signingRows } from './uki/signing-options.ts';

const json = { type: 'boolean', default: false, describe: 'print the result as JSON' } as const;

const set = {
  type: 'string',
  array: true,
  nargs: 1,
  default: [] as string[],
  describe: 'Section.Key=value: override a setting, after all files',
} as const;

const settings = { set, json };

const platform = { type: 'string', demandOption: true, describe: 'platform file' } as const;
const platforms = { type: 'string', array: true, demandOption: true, describe: 'platform files' } as const;

const system = {
  sysroot: {
    type: 'string',
    demandOption: true,
    describe: 'the built system: programs, libraries, kernel modules',
  },
  kernel: {
    type: 'string',
    describe: 'kernel version, a directory of usr/lib/modules; by default the only one of the sysroot',
  },
} as const;

const depfile = {
  depfile: {
    type: 'string',
    describe: 'write the files that the output was made from, as a rule for make or Ninja',
  },
} as const;

const output = (describe: string) => ({ alias: 'o', type: 'string', demandOption: true, describe }) as const;

/** In the order in which one meets them. */
export const commands: readonly Command[] = [
  command({
    name: 'new',
    describe: 'Write a platform file: asks a few questions on a terminal',
    positionals: { file: { type: 'string', demandOption: true, describe: 'NAME.ini, which must not exist' } },
    options: settings,
    run: async (args) => (await import('./commands/new.ts')).createPlatform(args),
  }),
  command({
    name: 'check',
    describe: 'Print findings only; with a sysroot also what it lacks',
    positionals: { platforms },
    options: {
      ...settings,
      sysroot: { type: 'string', describe: 'the built system to check against' },
      kernel: system.kernel,
      initrd: { type: 'string', describe: 'full initrd: does it work in this boot' },
      like: {
        type: 'string',
        describe:
          'older build or full initrd: fail where storage, bus, USB or input devices that it drives have no driver now',
      },
      image: {
        type: 'string',
        describe: 'packed full initrd: its budget, and a thin one is compared with the /usr of the sysroot',
      },
      build: {
        type: 'boolean',
        default: true,
        describe: 'with a sysroot, build in a temporary directory to know the size; --no-build leaves it out',
      },
      format: {
        choices: ['text', 'sarif', 'github'],
        default: 'text' as 'text' | 'sarif' | 'github',
        describe: 'how findings are printed: SARIF 2.1.0, or annotations of GitHub Actions',
      },
      allow: {
        type: 'string',
        array: true,
        nargs: 1,
        choices: allowableKinds,
        default: [] as FindingKind[],
        describe: 'a kind of finding that is fine for this machine',
      },
    },
    run: async (args) => (await import('./commands/check.ts')).check(args),
  }),
  command({
    name: 'show',
    describe: 'Print the effective settings',
    positionals: { platform },
    options: {
      ...settings,
      origin: { type: 'boolean', default: false, describe: 'say where each setting was set' },
    },
    run: async (args) => (await import('./commands/show.ts')).show(args),
  }),
  command({
    name: 'explain',
    describe: 'Print the boot, step by step',
    positionals: { platform },
    options: {
      ...settings,
      format: {
        choices: ['text', 'markdown', 'mermaid', 'svg'],
        default: 'text' as 'text' | 'markdown' | 'mermaid' | 'svg',
        describe: 'in words, or as a picture',
      },
    },
    run: async (args) => (await import('./commands/explain.ts')).explain(args),
  }),
  command({
    name: 'render',
    describe: 'Write what will run, for review, to DIR/NAME/',
    positionals: { platforms },
    options: {
      ...settings,
      output: output('directory to write to; DIR/NAME/ is replaced as a whole'),
      ...depfile,
    },
    run: async (args) => (await import('./commands/render.ts')).render(args),
  }),
  command({
    name: 'build',
    describe: 'Build the minimal initrd from a sysroot',
    positionals: { platform },
    options: {
      ...settings,
      ...system,
      output: output('directory to write to; it is replaced as a whole'),
      image: {
        type: 'string',
        describe: 'packed full initrd: its size for the manifest, and what a thin one shares must be in /usr',
      },
      ...depfile,
    },
    run: async (args) => (await import('./commands/build.ts')).build(args),
  }),
  command({
    name: 'matrix',
    describe: 'Print the builds of platforms, kernels and forms: for CI, or as a file for Ninja',
    positionals: { platforms },
    options: {
      ...settings,
      sysroot: system.sysroot,
      kernel: {
        type: 'string',
        array: true,
        nargs: 1,
        default: [] as string[],
        describe: 'kernel version; by default all that the sysroot has',
      },
      form: {
        type: 'string',
        array: true,
        nargs: 1,
        choices: ['shell', 'systemd'] as const,
        default: [] as ('shell' | 'systemd')[],
        describe: 'stage 1 in this form too; by default in that of the platform alone',
      },
      output: output('directory that the builds write to, each to a directory in it'),
      program: {
        type: 'string',
        default: 'bootrelay',
        describe: 'what is started as bootrelay: a file is an input of every build in the file for Ninja',
      },
      format: {
        choices: ['text', 'github', 'ninja'],
        default: 'text' as 'text' | 'github' | 'ninja',
        describe: 'command lines, the matrix of a workflow of GitHub Actions, or a file for Ninja',
      },
    },
    run: async (args) => (await import('./commands/matrix.ts')).matrix(args),
  }),
  command({
    name: 'pack',
    describe: 'Make the image from an existing full initrd, for /usr or for a partition',
    positionals: { platform },
    options: {
      ...settings,
      initrd: { type: 'string', demandOption: true, describe: 'full initrd, as dracut makes it' },
      sysroot: {
        type: 'string',
        describe:
          'the built system: a thin image shares files with its /usr, and programs come from it that the check of /usr calls and the initrd lacks',
      },
      output: output('image to write'),
      sbom: {
        type: 'string',
        describe:
          'write the bills of materials to SBOM.spdx.json and SBOM.cdx.json; by default they are beside the image',
      },
      ...depfile,
    },
    run: async (args) => (await import('./commands/pack.ts')).pack(args),
  }),
  command({
    name: 'split',
    describe: 'Make both of the initrd of a system: the minimal initrd, and the image that it mounts',
    positionals: { platform },
    options: {
      ...settings,
      ...system,
      initrd: { type: 'string', demandOption: true, describe: 'the initrd that boots the system now' },
      output: output('directory to write to; it is replaced as a whole'),
      'by-hash': {
        type: 'boolean',
        default: false,
        describe:
          'call the image after its root hash, in the directory of FullInitrd.Image: those that are the same are kept once',
      },
    },
    run: async (args) => (await import('./commands/split.ts')).split(args),
  }),
  command({
    name: 'uki',
    describe: 'Make a unified kernel image of the minimal initrd by ukify, or an addon for a slot',
    positionals: { platform },
    options: {
      ...settings,
      ...system,
      initrd: { type: 'string', describe: 'minimal initrd, as build makes it; not for an addon' },
      output: output('UKI or addon to write, such as NAME.efi or NAME.efi.extra.d/SLOT.addon.efi'),
      'root-hash': { type: 'string', describe: 'root hash of /usr: in hexadecimal, or a file' },
      usr: {
        type: 'string',
        describe:
          '/usr with its hash tree, or the hash tree alone: a file that must have this root hash, or tells it',
      },
      slot: {
        choices: ['A', 'B'] as const,
        describe: 'name the partitions of this slot on the kernel command line',
      },
      image: {
        type: 'string',
        describe: 'disk image with the partitions of the slot, which tell their names and the root hash',
      },
      addon: {
        type: 'boolean',
        default: false,
        describe: 'make the addon of a slot, for a platform with Uki.Slots=addon',
      },
      uki: { type: 'string', describe: 'of an addon: the UKI that it is for' },
      append: { type: 'string', default: '', describe: 'more kernel command line' },
      sbom: { type: 'string', describe: 'bill of materials for the section .sbom: a file' },
      stub: {
        type: 'string',
        describe: 'stub of systemd; by default that of the sysroot, else of the tools tree',
      },
      ...signingRows(),
    },
    run: async (args) => (await import('./commands/uki.ts')).uki(args),
  }),
  command({
    name: 'measure',
    describe: 'Print what PCR 4, 11 and 12 of a TPM must be after the boot of a UKI',
    positionals: { uki: { type: 'string', demandOption: true, describe: 'the UKI' } },
    options: {
      json,
      addon: {
        type: 'string',
        array: true,
        nargs: 1,
        default: [] as string[],
        describe: 'an addon beside it, in the order of their names',
      },
      loader: {
        type: 'string',
        describe: 'what the firmware starts, such as systemd-boot; without it that is the UKI',
      },
      'secure-boot': {
        type: 'boolean',
        default: true,
        describe:
          'the firmware checks signatures; --no-secure-boot: it does not, and then it measures the kernel in a UKI whose stub is older than systemd 258',
      },
    },
    run: async (args) => (await import('./commands/measure.ts')).measure(args),
  }),
  command({
    name: 'boot',
    describe: 'Make a disk, or take an image, boot it in QEMU, say what happened',
    positionals: { platform },
    options: {
      ...settings,
      sysroot: { type: 'string', describe: system.sysroot.describe },
      kernel: {
        type: 'string',
        describe: `${system.kernel.describe}; with --image a kernel to start, a file: without it UEFI firmware starts the image`,
      },
      initrd: {
        type: 'string',
        describe:
          'full initrd, as dracut makes it; none with FullInitrd.Source=usr. With --image the minimal initrd to start with --kernel',
      },
      image: {
        type: 'string',
        describe:
          'disk image, raw or qcow2, to boot as it is, without --sysroot: it is only read, and what the boot writes goes into a layer over it',
      },
      slot: {
        choices: ['A', 'B'],
        describe: 'of an image: name the partitions of this slot on the kernel command line',
      },
      'root-hash': {
        type: 'string',
        describe:
          'of the /usr of an image: in hexadecimal, or a file; by default that of its partition UUIDs',
      },
      until: {
        choices: ['hand-over', 'stage-2', 'multi-user'],
        default: 'multi-user' as 'hand-over' | 'stage-2' | 'multi-user',
        describe: 'how far the boot must come',
      },
      output: {
        alias: 'o',
        type: 'string',
        describe: 'directory for the console log; without it a temporary one that is kept',
      },
      accelerator: {
        choices: ['auto', 'kvm', 'tcg'],
        default: 'auto' as 'auto' | 'kvm' | 'tcg',
        describe: 'auto: KVM if a guest speaks with it within 8 s, else emulation',
      },
      memory: {
        type: 'number',
        default: 2048,
        describe: 'memory of the machine in MiB',
      },
      timeout: {
        type: 'number',
        default: 300,
        describe: 'seconds until the boot is given up',
      },
      'keep-disk': {
        type: 'boolean',
        default: false,
        describe: 'keep the disk image in the output directory',
      },
      disk: {
        choices: ['virtio-blk', 'virtio-scsi', 'nvme', 'ahci', 'usb'],
        default: 'virtio-blk' as 'virtio-blk' | 'virtio-scsi' | 'nvme' | 'ahci' | 'usb',
        describe: 'what the disk is attached to',
      },
      tpm: { type: 'boolean', default: false, describe: 'give the machine a TPM 2.0 (swtpm)' },
      loader: {
        choices: ['qemu', 'uki', 'addon', 'entry', 'grub'],
        default: 'qemu' as 'qemu' | 'uki' | 'addon' | 'entry' | 'grub',
        describe:
          'what starts the kernel: QEMU, or UEFI and systemd-boot a UKI, a UKI with an addon for its slot, an entry with kernel and initrd; GRUB with --fallback',
      },
      'secure-boot': {
        type: 'boolean',
        default: false,
        describe: 'with keys of its own in the firmware, which sign all that it starts',
      },
      fallback: {
        type: 'boolean',
        default: false,
        describe:
          'put the fault into slot B, which the boot loader tries three times: slot A must come up then, and tell why',
      },
      signer: {
        choices: ['own', 'foreign', 'expired', 'expired-without-time'] as const,
        describe:
          'with --secure-boot, who signs the root hash: the key in the firmware, one that nobody trusts, or one whose certificate has ended, with signatures that say when they were made or do not',
      },
      live: {
        type: 'boolean',
        default: false,
        describe:
          'a live system: /usr comes in an archive behind the initrd, at Usr.LiveImage, and on no disk',
      },
      append: {
        type: 'string',
        default: '',
        describe: 'more kernel command line; through UEFI systemd-stub 254 or systemd-boot 256 adds it',
      },
      fault: {
        type: 'string',
        describe: 'inject a fault (bootrelay faults lists them): the boot must end as it must',
      },
    },
    run: async (args) => (await import('./commands/boot.ts')).boot(args),
  }),
  command({
    name: 'diff',
    describe:
      'Print what is different: two platforms, directories of them, rendered trees, builds or initrds',
    positionals: {
      old: {
        type: 'string',
        demandOption: true,
        describe: 'a file or directory; REVISION:PATH for a platform file or a directory of git',
      },
      new: { type: 'string', demandOption: true, describe: 'the same, to compare with' },
    },
    options: {
      ...settings,
      markdown: { type: 'boolean', default: false, describe: 'for the page of a change' },
      'allow-absent': {
        type: 'boolean',
        default: false,
        describe: 'take a directory that is not there, or not in the revision, for one without platforms',
      },
    },
    run: async (args) => (await import('./commands/diff.ts')).diff(args),
  }),
  command({
    name: 'report',
    describe: 'Write one HTML file for a reviewer: of a platform, rendered tree, build or initrd, or of two',
    positionals: {
      inputs: {
        type: 'string',
        array: true,
        demandOption: true,
        describe:
          'what it is of, as diff takes it but for directories of platforms; OLD NEW for what is different',
      },
    },
    options: {
      ...settings,
      output: output('HTML file to write'),
      build: { type: 'string', describe: 'a build of the platform, or an initrd, for what it is made of' },
      boot: { type: 'string', describe: 'what boot --output left, for the timeline' },
    },
    run: async (args) => (await import('./commands/report.ts')).report(args),
  }),
  command({
    name: 'help',
    describe: 'Explain a command, a finding, a reason, a step, a setting (Section.Key) or a fault',
    positionals: { topic: { type: 'string', demandOption: true, describe: 'its name' } },
    options: { json },
    run: async (args) => (await import('./commands/help.ts')).help(args, commands),
  }),
  command({
    name: 'settings',
    describe: 'Print the reference of all settings',
    positionals: {},
    options: { json },
    run: async () => (await import('./commands/settings.ts')).settings(),
  }),
  command({
    name: 'findings',
    describe: 'Print every kind of finding, and what to do',
    positionals: {},
    options: { json },
    run: async () => (await import('./commands/findings.ts')).findings(),
  }),
  command({
    name: 'platforms',
    describe: 'Print the platforms that come along, for Extends=bootrelay:NAME',
    positionals: { name: { type: 'string', describe: 'print the text of this one' } },
    options: { json },
    run: async (args) => (await import('./commands/platforms.ts')).platforms(args),
  }),
  command({
    name: 'reasons',
    oldNames: ['failures'],
    describe: 'Print why a boot stops, and what to do',
    positionals: {
      reason: { type: 'string', describe: 'a reason, as the console shows it; all without it' },
    },
    options: { json },
    run: async (args) => (await import('./commands/reasons.ts')).reasons(args),
  }),
  command({
    name: 'faults',
    describe: 'Print the faults that boot --fault injects',
    positionals: {},
    options: { json },
    run: async () => (await import('./commands/faults.ts')).faults(),
  }),
  command({
    name: 'steps',
    describe: 'Print what stage 1 does, step by step',
    positionals: {},
    options: { json },
    run: async () => (await import('./commands/steps.ts')).steps(),
  }),
  command({
    name: 'mount-options',
    describe: 'Print the mount options of /usr: who may set them, and why others are refused',
    positionals: {},
    options: { json },
    run: async () => (await import('./commands/mount-options.ts')).mountOptions(),
  }),
  command({
    name: 'schema',
    describe: 'Print the JSON Schema of a file that bootrelay writes, or of platform files',
    positionals: { name: { type: 'string', describe: 'print this one; without it their names' } },
    options: { json },
    run: async (args) => (await import('./commands/schema.ts')).schema(args),
  }),
  command({
    name: 'completion',
    describe: 'Print a completion script',
    positionals: {
      shell: {
        choices: ['bash', 'zsh', 'fish'],
        demandOption: true,
        describe: 'the shell that reads it',
      },
    },
    options: { json },
    run: async (args) => (await import('./commands/completion.ts')).completion(args),
  }),
  command({
    name: 'man',
    describe: 'Print the man page',
    positionals: {},
    options: { json },
    run: async () => (await import('./commands/man.ts')).man(commands),
  }),
];
