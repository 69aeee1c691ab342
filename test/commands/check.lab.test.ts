/** What a boot would fail on, found before any: each with the line to change. */
import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { newcTree, type Raw } from '../initrd/newc-archive.ts';
import { openLab } from '../lab/lab.ts';

const lab = openLab();
const root = new URL('../../', import.meta.url).pathname;
const work = mkdtempSync(join(lab.shared, 'check-test-'));
afterAll(() => rmSync(work, { recursive: true }));

function run(program: string, args: readonly string[], cwd = work) {
  const env = { ...process.env, NO_COLOR: '1' };
  return spawnSync(program, args, { cwd, encoding: 'utf8', env });
}

const check = (...args: readonly string[]) => run('node', [join(root, 'dist/cli.js'), 'check', ...args]);

const build = (...args: readonly string[]) =>
  run('node', [join(root, 'dist/cli.js'), 'build', '--output', 'built', ...args]);

const platform = `[Platform]
Description=For the tests

[Initrd]
Compression=zstd
CompressionLevel=3
SizeBudget=16M

[Modules]
Modules=virtio_blk

[Usr]
Device=PARTLABEL=USR-A
FileSystem=btrfs

[Verity]
Tool=dmsetup

[Devices]
Require=virtio:d00000002v00001AF4
`;

/** The number of the line that begins with `text`. */
function lineOf(text: string): number {
  return platform.split('\n').findIndex((line) => line.startsWith(text)) + 1;
}

/** A sysroot to change: files are hard links until they are written anew. */
class Sysroot {
  readonly directory = mkdtempSync(join(work, 'sysroot-'));
  constructor() {
    for (const name of ['usr', 'boot', 'etc', 'bin', 'sbin', 'lib', 'lib64'])
      run('cp', ['-al', join(lab.sysroot, name), this.directory]);
  }
  path(name: string): string {
    return join(this.directory, name.replace('KERNEL', lab.kernel));
  }
  remove(name: string): void {
    rmSync(this.path(name));
  }
  edit(name: string, change: (text: string) => string): void {
    const text = readFileSync(this.path(name), 'latin1');
    expect(change(text)).not.toBe(text);
    this.remove(name);
    writeFileSync(this.path(name), change(text), { encoding: 'latin1', mode: 0o755 });
  }
  find(directory: string, name: RegExp): string {
    const found = readdirSync(this.path(directory)).find((file) => name.test(file));
    if (!found) throw new Error(`no ${name} in ${directory}`);
    return join(directory, found);
  }
}

/** The mode of a hard link is that of the original too: a copy takes its place. */
function chmodCopy(path: string, mode: number): void {
  const content = readFileSync(path);
  rmSync(path);
  writeFileSync(path, content, { mode });
}

const modules = 'usr/lib/modules/KERNEL';

interface Case {
  readonly text?: (platform: string) => string;
  readonly sysroot?: (sysroot: Sysroot) => void;
  /** Line of the platform file: that of this text; none for what no setting needs. */
  readonly at?: string;
  readonly finding: RegExp;
  /** The exit code; by default 1. */
  readonly status?: 0;
}

const cases: Readonly<Record<string, Case>> = {
  'missing module': {
    sysroot: (sysroot) =>
      sysroot.edit(`${modules}/modules.dep`, (text) => text.replace(/^.*\/virtio_blk.*\n/m, '')),
    at: 'Modules=',
    finding: /error: Modules\.Modules: test: kernel \S+ has no module virtio_blk, which load-modules needs$/,
  },
  'missing module that a setting needs': {
    sysroot: (sysroot) =>
      sysroot.edit(`${modules}/modules.dep`, (text) => text.replace(/^.*\/btrfs\.ko.*\n/m, '')),
    at: 'FileSystem=',
    finding: /error: Usr\.FileSystem: test: kernel \S+ has no module btrfs, which mount-usr needs$/,
  },
  'file of a module that was removed': {
    sysroot: (sysroot) => sysroot.remove(sysroot.find(`${modules}/kernel/drivers/block`, /^virtio_blk/)),
    at: 'Modules=',
    finding:
      /error: Modules\.Modules: test: the sysroot must have kernel\/drivers\/block\/virtio_blk\S+, which modules\.dep .* names for virtio_blk$/,
  },
  'module for hardware dropped': {
    text: (text) => text.replace('Modules=virtio_blk', 'Modules=ahci'),
    at: 'Require=',
    finding: /error: Devices\.Require: test: nothing in this initrd drives virtio:\S+$/,
  },
  'missing kernel option': {
    sysroot: (sysroot) =>
      sysroot.edit('boot/config-KERNEL', (text) => text.replace('CONFIG_BTRFS_FS=m\n', '')),
    at: 'FileSystem=',
    finding: /error: Usr\.FileSystem: test: kernel \S+ must be built with CONFIG_BTRFS_FS$/,
  },
  'missing compressor of the initrd': {
    sysroot: (sysroot) =>
      sysroot.edit('boot/config-KERNEL', (text) => text.replace('CONFIG_RD_ZSTD=y\n', '')),
    at: 'Compression=',
    finding: /error: Initrd\.Compression: test: kernel \S+ must be built with CONFIG_RD_ZSTD$/,
  },
  'missing program': {
    sysroot: (sysroot) => sysroot.remove('usr/sbin/dmsetup'),
    at: 'Tool=',
    finding: /error: Verity\.Tool: test: the sysroot must have \/usr\/sbin\/dmsetup$/,
  },
  'missing library': {
    sysroot: (sysroot) => sysroot.remove(sysroot.find('usr/lib/x86_64-linux-gnu', /^libdevmapper\.so/)),
    at: 'Tool=',
    finding:
      /error: Verity\.Tool: test: the sysroot must have libdevmapper\.so\S*, which \/usr\/sbin\/dmsetup needs$/,
  },
  'missing applet': {
    sysroot: (sysroot) => sysroot.edit('usr/bin/busybox', (text) => text.replace('\0od\0', '\0ox\0')),
    finding:
      /^test\.ini: error: test: \/usr\/bin\/busybox must have the applet od, which set-up-verity needs$/,
  },
  'over budget': {
    text: (text) => text.replace('SizeBudget=16M', 'SizeBudget=1M'),
    at: 'SizeBudget=',
    finding:
      /error: Initrd\.SizeBudget: test: the minimal initrd has \d\.\d\d MB and must have at most 1\.05 MB$/,
  },
  'missing soft dependency': {
    sysroot: (sysroot) =>
      sysroot.edit(`${modules}/modules.softdep`, (text) => `${text}softdep virtio_blk pre: no_such_module\n`),
    status: 0,
    finding:
      /^test\.ini: note: test: kernel \S+ has no module no_such_module, which virtio_blk works better with$/,
  },
  'soft dependency whose file was removed': {
    sysroot: (sysroot) => sysroot.remove(sysroot.find(`${modules}/kernel/crypto`, /^blake2b_generic/)),
    finding: /error: test: the sysroot must have kernel\/crypto\/blake2b_generic\S+, which modules\.dep/,
  },
  'module of another kernel': {
    sysroot: (sysroot) => {
      const file = sysroot.path(sysroot.find(`${modules}/kernel/drivers/block`, /^virtio_blk/));
      const module = spawnSync('xz', ['--decompress', '--stdout', file]).stdout.toString('latin1');
      const other = module.replace(/vermagic=\d/, 'vermagic=9');
      expect(other).not.toBe(module);
      rmSync(file);
      const input = Buffer.from(other, 'latin1');
      writeFileSync(file, spawnSync('xz', ['--check=crc32', '--stdout'], { input }).stdout);
    },
    at: 'Modules=',
    finding: /error: Modules\.Modules: test: the module virtio_blk must be of kernel 6\S+, and is of 9\S+$/,
  },
  'damaged library': {
    sysroot: (sysroot) =>
      sysroot.edit(sysroot.find('usr/lib/x86_64-linux-gnu', /^libdevmapper\.so/), (text) =>
        text.slice(0, 20_000),
      ),
    finding: /error: .*test: .*cannot be read: /,
  },
  'extra file that is not there': {
    text: (text) => text.replace('SizeBudget=16M', 'ExtraFiles=/usr/bin/none\nSizeBudget=16M'),
    at: 'SizeBudget=',
    finding: /error: Initrd\.ExtraFiles: test: the sysroot must have \/usr\/bin\/none$/,
  },
  'extra file in the place of one of ours': {
    text: (text) => text.replace('SizeBudget=16M', 'ExtraFiles=/dev/console\nSizeBudget=16M'),
    sysroot: (sysroot) => {
      mkdirSync(sysroot.path('dev'), { recursive: true });
      writeFileSync(sysroot.path('dev/console'), '');
    },
    at: 'SizeBudget=',
    finding: /error: Initrd\.ExtraFiles: test: \/dev\/console is where bootrelay puts a file of its own$/,
  },
  'busybox that tells of no applets': {
    sysroot: (sysroot) => sysroot.edit('usr/bin/busybox', (text) => text.replace('\0sh\0', '\0xx\0')),
    status: 0,
    finding: /^test\.ini: warning: test: the applets of \/usr\/bin\/busybox cannot be read from it/,
  },
  'busybox that cannot be started': {
    sysroot: (sysroot) => chmodCopy(sysroot.path('usr/bin/busybox'), 0o644),
    finding:
      /^test\.ini: error: test: the sysroot must have \/usr\/bin\/busybox as a program that can be started$/,
  },
  'damaged program': {
    sysroot: (sysroot) => sysroot.edit('usr/sbin/dmsetup', () => 'not ELF'),
    at: 'Tool=',
    finding:
      /error: Verity\.Tool: test: the sysroot must have \/usr\/sbin\/dmsetup as a program or a script$/,
  },
  'kernel without its configuration': {
    sysroot: (sysroot) => sysroot.remove('boot/config-KERNEL'),
    status: 0,
    finding:
      /^test\.ini: warning: test: the sysroot lacks the configuration of kernel \S+: its options are not checked$/,
  },
  'kernel without modules.dep': {
    sysroot: (sysroot) => sysroot.remove(`${modules}/modules.dep`),
    finding: /^test\.ini: error: test: the sysroot must have \/usr\/lib\/modules\/\S+\/modules\.dep$/,
  },
  'size that cannot be measured': {
    text: (text) => text.replace('Modules=virtio_blk', 'Modules=none_such'),
    at: 'SizeBudget=',
    finding: /warning: Initrd\.SizeBudget: test: the size of the minimal initrd is not measured/,
  },
  'missing firmware': {
    text: (text) => text.replace('Modules=virtio_blk', 'Modules=virtio_blk\nModules=ni_pcidio'),
    status: 0,
    finding:
      /^test\.ini: note: test: the sysroot has no firmware \S+ and 2 more, which ni_pcidio may ask for$/,
  },
};

test.each(Object.entries(cases))(
  '%s',
  (_, { text = (same) => same, sysroot, at, finding, status: expected = 1 }) => {
    const copy = new Sysroot();
    sysroot?.(copy);
    writeFileSync(join(work, 'test.ini'), text(platform));
    const { status, stderr } = check('test.ini', '--sysroot', copy.directory, '--kernel', lab.kernel);
    const lines = stderr.split('\n').filter((line) => finding.test(line));
    expect({ stderr, lines }).toEqual({ stderr, lines: [expect.anything()] });
    if (at) expect(lines[0]).toMatch(new RegExp(`^test\\.ini:${lineOf(at)}: `));
    expect(status).toBe(expected);
    const built = build('test.ini', '--sysroot', copy.directory, '--kernel', lab.kernel);
    // What is an error for `check` is one for `build`, which writes nothing then.
    expect({ status: built.status, written: existsSync(join(work, 'built')) }).toEqual({
      status: expected,
      written: expected === 0,
    });
    rmSync(join(work, 'built'), { recursive: true, force: true });
    rmSync(copy.directory, { recursive: true });
  },
);

test('a sound one has nothing to say but for what it trusts', () => {
  writeFileSync(join(work, 'test.ini'), platform);
  const { status, stderr } = check('test.ini', '--sysroot', lab.sysroot, '--kernel', lab.kernel);
  expect({ status, errors: stderr.match(/error|warning/g) }).toEqual({ status: 0, errors: null });
});

test('hardware that a platform declares must have a driver in the initrd, or in the kernel', () => {
  const checkFor = (name: string, ...require: readonly string[]) => {
    const settings = require.flatMap((device) => ['--set', `Devices.Require=${device}`]);
    const file = join(root, `platforms/${name}.ini`);
    return check(file, '--no-build', '--sysroot', lab.sysroot, '--kernel', lab.kernel, ...settings);
  };
  const virtio = 'virtio:d00000002v00001AF4';
  const ahci = 'pci:v00008086d00002922sv00001AF4sd00001100bc01sc06i01';
  const builtIn = 'pci:v00008086d00000953sv00008086sd00003702bc01sc08i02'; // NVMe
  expect(checkFor('qemu-x86_64', virtio, 'virtio_blk', 'virtio_pci')).toMatchObject({ status: 0 });
  expect(checkFor('generic-x86_64', virtio, ahci)).toMatchObject({ status: 0 });
  expect(checkFor('qemu-x86_64', builtIn).stderr).toMatch(
    /--set:1: note: Devices\.Require: .* a driver is built in, or there is none\n/,
  );
  const { status, stderr } = checkFor('qemu-x86_64', virtio, ahci, 'no_such_driver');
  expect(status).toBe(1);
  expect(stderr).toContain(
    `--set:2: error: Devices.Require: qemu-x86_64: nothing in this initrd drives ${ahci}\n    hint: Modules=ahci\n`,
  );
  expect(stderr).toMatch(/--set:3: error: Devices.Require: .* drives no_such_driver\n/);
});

describe('a full initrd', () => {
  const shipped = join(root, 'platforms/qemu-x86_64.ini');
  const rendered = () => {
    run('node', [join(root, 'dist/cli.js'), 'render', shipped, '--output', 'rendered']);
    return (name: string) => readFileSync(join(work, 'rendered/qemu-x86_64/full/90bootrelay', name), 'utf8');
  };
  const file = (name: string, data = 'x', mode = 0o100644): Raw => ({ name, mode, data });
  const program = (name: string) => file(`usr/bin/${name}`, 'x', 0o100755);
  let sound: readonly Raw[] = [];
  beforeAll(() => {
    const text = rendered();
    const enabled = ['bootrelay-check-usr.service', 'sysusr-usr.mount', 'sysroot-usr.mount'];
    const units = [...enabled, 'systemd-veritysetup@usr.service'];
    sound = [
      { name: 'bin', mode: 0o120777, data: 'usr/bin' },
      { name: 'init', mode: 0o120777, data: 'usr/lib/systemd/systemd' },
      file('usr/lib/systemd/systemd', 'x', 0o100755),
      file('usr/lib/systemd/systemd-udevd', 'x', 0o100755),
      file('usr/lib/systemd/system/initrd-switch-root.service'),
      file('etc/initrd-release'),
      file('usr/lib/bootrelay/check-usr', text('check-usr'), 0o100755),
      file('usr/lib/bootrelay/emergency', text('emergency'), 0o100755),
      ...['emergency', 'rescue', 'dracut-emergency'].map((name) =>
        file(`etc/systemd/system/${name}.service.d/bootrelay.conf`, text('emergency.conf')),
      ),
      ...units.map((unit) => file(`etc/systemd/system/${unit}`, text(unit))),
      file('etc/udev/rules.d/12-bootrelay.rules', text('12-bootrelay.rules')),
      ...enabled.map((unit) => ({
        name: `etc/systemd/system/initrd.target.requires/${unit}`,
        mode: 0o120777,
        data: `../${unit}`,
      })),
      ...['sh', 'env', 'sleep', 'true', 'tr', 'dmsetup'].map(program),
      file('usr/lib/modules/6.1.0/kernel/a.ko'),
    ];
  });
  const checkInitrd = (entries: readonly Raw[], ...args: readonly string[]) => {
    writeFileSync(join(work, 'full.img'), newcTree(entries));
    const { status, stderr } = check(shipped, '--initrd', 'full.img', ...args);
    return { status, findings: stderr.match(/(?<=qemu-x86_64: full\.img ).*/g) };
  };
  const without = (name: string) => sound.filter((entry) => entry.name !== name);

  test('of dracut with the rendered module works', () => {
    const { status, stderr } = check(shipped, '--initrd', lab.fullInitrd, '--kernel', lab.kernel);
    expect({ status, complaints: stderr.match(/full-initrd\.img.*/g) }).toEqual({
      status: 0,
      complaints: null,
    });
  });

  test('of dracut without the module does not', () => {
    const { status, stderr } = check(shipped, '--initrd', lab.monolithicInitrd, '--kernel', lab.kernel);
    expect(status).toBe(1);
    expect(stderr).toMatch(
      /monolithic-initrd\.img must have the check of \/usr \(dracut module bootrelay\)$/m,
    );
  });

  test('that has all of it works', () => {
    expect(checkInitrd(sound, '--kernel', '6.1.0')).toEqual({ status: 0, findings: null });
  });

  test.each([
    ['no init', 'init', 'must have /init, which switch_root starts'],
    ['an init that leads nowhere', 'usr/lib/systemd/systemd', 'must have /init, which switch_root starts'],
    ['no initrd-release', 'etc/initrd-release', 'must have /etc/initrd-release'],
    [
      'neither dmsetup nor dm-create',
      'usr/bin/dmsetup',
      'must have /usr/lib/bootrelay/dm-create or dmsetup, which the check calls',
    ],
    [
      'no udev',
      'usr/lib/systemd/systemd-udevd',
      'must have /usr/lib/systemd/systemd-udevd, which systemd starts',
    ],
    [
      'no way on',
      'usr/lib/systemd/system/initrd-switch-root.service',
      'must have initrd-switch-root.service, which takes it to the system',
    ],
    ['no shell', 'usr/bin/sh', 'must have /bin/sh, the interpreter of /usr/lib/bootrelay/check-usr'],
    ['no rule', 'etc/udev/rules.d/12-bootrelay.rules', 'must have /etc/udev/rules.d/12-bootrelay.rules'],
    [
      'no unit for veritysetup',
      'etc/systemd/system/systemd-veritysetup@usr.service',
      'must have /etc/systemd/system/systemd-veritysetup@usr.service',
    ],
    [
      'a check that is not enabled',
      'etc/systemd/system/initrd.target.requires/bootrelay-check-usr.service',
      'must have bootrelay-check-usr.service enabled',
    ],
  ])('%s', (_, name, message) => {
    expect(checkInitrd(without(name))).toEqual({ status: 1, findings: [message] });
  });

  test("that has bootrelay's own program works without dmsetup, and not with one that cannot be started", () => {
    const own = 'usr/lib/bootrelay/dm-create';
    expect(checkInitrd([...without('usr/bin/dmsetup'), file(own, 'x', 0o100755)])).toEqual({
      status: 0,
      findings: null,
    });
    expect(checkInitrd([...sound, file(own)]).findings).toEqual([
      `must have /${own} as a program that can be started: which the check calls`,
    ]);
  });

  test('whose units start a program by path must have it there', () => {
    const root = sound.filter(({ name }) => name !== 'bin');
    const inBin = root.map((entry) =>
      ['usr/bin/env', 'usr/bin/true', 'usr/bin/sh', 'usr/bin/tr'].includes(entry.name)
        ? { ...entry, name: entry.name.slice('usr/'.length) }
        : entry,
    );
    expect(checkInitrd(inBin)).toEqual({
      status: 1,
      findings: ['env', 'true'].map((name) => `must have /usr/bin/${name}, which the check calls`),
    });
  });

  test.each([
    [
      'init',
      'usr/lib/systemd/systemd',
      'must have /init as a program that can be started: which switch_root starts',
    ],
    [
      'check',
      'usr/lib/bootrelay/check-usr',
      'must have /usr/lib/bootrelay/check-usr as a program that can be started: which checks /usr',
    ],
    [
      'program',
      'usr/bin/dmsetup',
      'must have /usr/bin/dmsetup as a program that can be started: which the check calls',
    ],
  ])('a %s that cannot be started', (_, name, message) => {
    const entries = sound.map((entry) => (entry.name === name ? { ...entry, mode: 0o100644 } : entry));
    expect(checkInitrd(entries)).toEqual({ status: 1, findings: [message] });
  });

  test('a program without its libraries, and a library without its own', () => {
    const elf = (name: string, from: string): Raw => ({
      name,
      mode: 0o100755,
      data: readFileSync(join(lab.sysroot, from)),
    });
    const dmsetup = elf('usr/bin/dmsetup', 'usr/sbin/dmsetup');
    const alone = checkInitrd([...without(dmsetup.name), dmsetup]).findings;
    expect(alone).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/^must have libdevmapper\.so\S+, which \/usr\/bin\/dmsetup needs$/),
      ]),
    );
    const directory = 'usr/lib/x86_64-linux-gnu';
    const name =
      readdirSync(join(lab.sysroot, directory)).find((file) => /^libdevmapper\.so/.test(file)) ?? '';
    const library = elf(join(directory, name), join(directory, name));
    const { findings } = checkInitrd([...without(dmsetup.name), dmsetup, library]);
    expect(findings).not.toEqual(expect.arrayContaining([expect.stringContaining('must have libdevmapper')]));
    expect(findings).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/^must have libc\.so\.6, which \/usr\/bin\/dmsetup needs$/),
      ]),
    );
  });

  test('a script whose interpreter is itself', () => {
    const shell = { name: 'usr/bin/sh', mode: 0o100755, data: '#!/bin/sh\n' };
    const { status, findings } = checkInitrd([...without(shell.name), shell]);
    expect({ status, findings }).toEqual({
      status: 1,
      findings: ['must have /bin/sh as a program, not as one more script of a script'],
    });
  });

  test('a check that is masked', () => {
    const name = 'etc/systemd/system/bootrelay-check-usr.service';
    const masked = { name, mode: 0o120777, data: '/dev/null' };
    expect(checkInitrd([...without(name), masked])).toEqual({
      status: 1,
      findings: [`must have /${name}`, 'must have bootrelay-check-usr.service enabled'],
    });
  });

  test('modules of another kernel', () => {
    expect(checkInitrd(sound, '--kernel', '6.2.0')).toEqual({
      status: 1,
      findings: ['must have modules of kernel 6.2.0, not of 6.1.0'],
    });
  });

  test('the check of another rendering', () => {
    const other = file('usr/lib/bootrelay/check-usr', '#!/bin/sh\nexit 0\n', 0o100755);
    expect(checkInitrd([...without(other.name), other])).toEqual({
      status: 0,
      findings: ['has /usr/lib/bootrelay/check-usr as another platform or revision has it'],
    });
  });

  test('that is none, or is not there, or is packed, is refused', () => {
    writeFileSync(join(work, 'none.img'), 'nothing of the kind');
    mkdirSync(join(work, 'directory.img'), { recursive: true });
    writeFileSync(join(work, 'packed.img'), Buffer.concat([Buffer.from('hsqs'), Buffer.alloc(4096)]));
    for (const [name, message] of [
      ['none.img', /none\.img is not an initrd/],
      ['absent.img', /^bootrelay: there is no absent\.img$/m],
      ['directory.img', /directory\.img is a directory and no file: a full initrd is wanted/],
      ['packed.img', /packed\.img is packed already: .* --image takes this/],
    ] as const)
      expect(check(shipped, '--initrd', name)).toMatchObject({
        status: 2,
        stderr: expect.stringMatching(message),
      });
    const usr = check(shipped, '--initrd', 'full.img', '--set', 'FullInitrd.Source=usr');
    expect(usr).toMatchObject({ status: 2, stderr: expect.stringContaining('there is no full initrd') });
  });
});

describe('a packed image', () => {
  const shipped = join(root, 'platforms/qemu-x86_64.ini');
  const checkImage = (name: string, ...args: readonly string[]) => {
    const system = ['--sysroot', lab.sysroot, '--kernel', lab.kernel];
    const { status, stderr } = check(shipped, ...system, '--no-build', '--image', name, ...args);
    return { status, stderr };
  };

  test('as pack makes it is fine; over its budget, of another file system, cut off or empty it is not', () => {
    const pack = ['pack', shipped, '--initrd', lab.fullInitrd, '--output', 'image'];
    const env = { ...process.env, BOOTRELAY_TOOLS_TREE: lab.tools };
    const packed = spawnSync('node', [join(root, 'dist/cli.js'), ...pack], { cwd: work, env });
    expect(packed.status).toBe(0);
    expect(checkImage('image')).toMatchObject({ status: 0 });
    expect(checkImage('image', '--set', 'FullInitrd.SizeBudget=1M').stderr).toMatch(
      /--set:1: error: FullInitrd\.SizeBudget: qemu-x86_64: the image of the full initrd has \d+\.\d\d MB and must have at most 1\.05 MB/,
    );
    expect(checkImage('image', '--set', 'FullInitrd.FileSystem=squashfs').stderr).toMatch(
      /error: FullInitrd\.FileSystem: qemu-x86_64: image must be squashfs, and is erofs$/m,
    );
    const content = readFileSync(join(work, 'image'));
    writeFileSync(join(work, 'cut'), content.subarray(0, content.length - 4096));
    expect(checkImage('cut').stderr).toMatch(/cut must have \d+ bytes, and has \d+: it is cut off$/m);
    expect(checkImage('image', '--set', 'FullInitrd.Source=thin').stderr).toMatch(
      /error: FullInitrd\.Source: qemu-x86_64: image must be packed as overlay, and was packed as whole$/m,
    );
    writeFileSync(join(work, 'foreign'), content.subarray(0, content.length - 512));
    expect(checkImage('foreign')).toMatchObject({
      status: 0,
      stderr: expect.stringMatching(/note: .*foreign does not say what it needs from stage 1/),
    });
    writeFileSync(join(work, 'empty'), '');
    expect(checkImage('empty').stderr).toMatch(/empty must be erofs, and is neither squashfs nor erofs$/m);
  });

  test('over its budget is not written', () => {
    const pack = [
      'pack',
      shipped,
      '--initrd',
      lab.fullInitrd,
      '--output',
      'over',
      '--set',
      'FullInitrd.SizeBudget=1M',
    ];
    const env = { ...process.env, BOOTRELAY_TOOLS_TREE: lab.tools, NO_COLOR: '1' };
    const { status, stderr } = spawnSync('node', [join(root, 'dist/cli.js'), ...pack], {
      cwd: work,
      env,
      encoding: 'utf8',
    });
    expect({ status, stderr }).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('FullInitrd.SizeBudget'),
    });
    expect(readdirSync(work).filter((name) => name.includes('over'))).toEqual([]);
  });
});

test('two formats at once are refused', () => {
  writeFileSync(join(work, 'test.ini'), platform);
  expect(check('test.ini', '--json', '--format', 'sarif')).toMatchObject({
    status: 2,
    stderr: expect.stringContaining('choose one'),
  });
});
