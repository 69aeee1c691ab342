import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import { appletsOf } from '../../src/sysroot/applets.ts';
import { readKernel } from '../../src/sysroot/kernel.ts';
import { openLab } from '../lab/lab.ts';

const lab = openLab();
const root = new URL('../../', import.meta.url).pathname;
const work = mkdtempSync(join(lab.shared, 'build-test-'));
afterAll(() => rmSync(work, { recursive: true }));

/** Without any capability, as an ordinary user has it: no device node can be made, no owner changed. */
const unprivileged = ['setpriv', '--bounding-set=-all', '--inh-caps=-all', '--no-new-privs'];

function build(output: string, ...settings: readonly string[]) {
  const overrides = ['Initrd.CompressionLevel=3', 'Initrd.SizeBudget=0', ...settings].flatMap((setting) => [
    '--set',
    setting,
  ]);
  const args = [
    'build',
    join(root, 'platforms/qemu-x86_64.ini'),
    '--sysroot',
    lab.sysroot,
    '--kernel',
    lab.kernel,
  ];
  const [program = '', ...rest] = [
    ...unprivileged,
    'node',
    join(root, 'dist/cli.js'),
    ...args,
    '--output',
    output,
    ...overrides,
  ];
  return spawnSync(program, rest, { cwd: work, encoding: 'utf8', env: { ...process.env, NO_COLOR: '1' } });
}

function list(image: string): readonly string[] {
  return spawnSync('bsdtar', ['-tvf', image], { cwd: work, encoding: 'utf8' }).stdout.trimEnd().split('\n');
}

function insmodOrder(): readonly string[] {
  const { stdout } = spawnSync('bsdtar', ['-xOf', 'a/initrd.img', './modules/order'], {
    cwd: work,
    encoding: 'utf8',
  });
  return stdout.trimEnd().split('\n');
}

test('a system whose /usr cannot be the full initrd is refused, and its units are listed otherwise', () => {
  const check = (sysroot: string, kernel: string, setting = 'FullInitrd.Source=usr') => {
    const args = ['check', join(root, 'platforms/qemu-x86_64.ini'), '--set', setting];
    const system = ['--sysroot', sysroot, '--kernel', kernel];
    return spawnSync('node', [join(root, 'dist/cli.js'), ...args, ...system], {
      cwd: work,
      encoding: 'utf8',
    });
  };
  // An unpacked kernel package, with nothing else of a system.
  const { status, stderr } = check(lab.generic.sysroot, lab.generic.kernel);
  expect(status).toBe(1);
  expect(stderr).toMatch(
    /error: FullInitrd.Source: qemu-x86_64: the sysroot must have \/usr\/bin\/sh: its \/usr is the full initrd/,
  );
  expect(check(lab.generic.sysroot, lab.generic.kernel, 'Initrd.Microcode=amd').stderr).toMatch(
    /error: Initrd.Microcode: qemu-x86_64: the sysroot must have microcode in/,
  );
  const listed = check(lab.sysroot, lab.kernel);
  expect(listed.status).toBe(0);
  expect(listed.stdout).toMatch(/^ {2}runs +sysinit\.target +basic\.target \(Requires\)$/m);
  expect(listed.stdout).toMatch(/^ {2}left out +ldconfig\.service +sysinit\.target \(Wants\); masked$/m);
});

test('two builds without root give the same bytes', () => {
  expect(build('a')).toMatchObject({ status: 0 });
  // What is in the current directory, and what lies around, must not matter.
  mkdirSync(join(work, 'usr/bin'), { recursive: true });
  expect(build('b')).toMatchObject({ status: 0 });
  for (const file of ['initrd.img', 'initrd.mtree', 'manifest.json', 'sizes.txt']) {
    expect(readFileSync(join(work, 'a', file)).equals(readFileSync(join(work, 'b', file)))).toBe(true);
  }
});

test('the initrd holds what the plan needs: nodes, links, mount points, all owned by root', () => {
  const files = list('a/initrd.img');
  expect(files.filter((line) => !/^\S+ +\d+ +0 +0 /.test(line))).toEqual([]);
  expect(files).toContainEqual(expect.stringMatching(/^crw------- .* 5,1 .* \.\/dev\/console$/));
  expect(files).toContainEqual(expect.stringMatching(/^crw-r--r-- .* 1,11 .* \.\/dev\/kmsg$/));
  expect(files).toContainEqual(expect.stringMatching(/^-rwxr-xr-x .* \.\/init$/));
  expect(files).toContainEqual(expect.stringMatching(/\.\/usr\/bin\/mount -> busybox$/));
  expect(files).toContainEqual(expect.stringMatching(/^drwxr-xr-x .* \.\/sysusr\/usr\/?$/));
  expect(files).toContainEqual(expect.stringMatching(/^-rwxr-xr-x .* \.\/usr\/bin\/dm-create$/));
  expect(files.filter((line) => line.includes('.so'))).toEqual([]);
});

test('a program of the sysroot brings its libraries', () => {
  expect(build('dmsetup', 'Verity.Tool=dmsetup')).toMatchObject({ status: 0 });
  const files = list('dmsetup/initrd.img');
  expect(files).toContainEqual(expect.stringMatching(/\.\/usr\/sbin\/dmsetup$/));
  expect(files).toContainEqual(expect.stringMatching(/\.\/usr\/lib\/x86_64-linux-gnu\/libdevmapper\.so/));
});

test('modules are decompressed, each behind those it depends on', () => {
  const order = insmodOrder().map((line) => line.split(' ')[1] ?? '');
  const kernel = readKernel(lab.sysroot, lab.kernel);
  const nameOf = (path: string) => path.replace(/^.*\//, '').replace(/\.ko.*/, '.ko');
  expect(order).toEqual(
    expect.arrayContaining(['virtio_blk.ko', 'dm-verity.ko', 'erofs.ko', 'overlay.ko', 'loop.ko']),
  );
  for (const [index, file] of order.entries()) {
    const module = kernel?.modules.get(file.replace('.ko', '').replaceAll('-', '_'));
    for (const dependency of module?.dependencies ?? []) {
      expect(order.slice(0, index)).toContain(nameOf(dependency));
    }
  }
  const { stdout } = spawnSync('bsdtar', ['-xOf', 'a/initrd.img', './modules/erofs.ko'], { cwd: work });
  expect(stdout.subarray(0, 4).toString('latin1')).toBe('\u007fELF');
});

test('only what the plan requires is required: accelerators and soft dependencies may fail', () => {
  const order = insmodOrder();
  expect(order).toContain('required dm-verity.ko');
  expect(order).toContain('optional sha256-ssse3.ko');
  expect(order).toContain('optional crc32c-intel.ko');
});

test('the manifest has the hash of every file, the settings and the tools, and no path of this machine', () => {
  const text = readFileSync(join(work, 'a/manifest.json'), 'utf8');
  const manifest = JSON.parse(text);
  const files = manifest.files.filter(({ type }: { type: string }) => type === 'file');
  expect(files.every(({ sha256 }: { sha256: string }) => /^[0-9a-f]{64}$/.test(sha256))).toBe(true);
  expect(manifest.settings['Usr.Device']).toEqual(['PARTLABEL=USR-A']);
  expect(Object.keys(manifest.tools)).toEqual(['bsdtar', 'cc', 'modinfo', 'zstd']);
  expect(text).not.toContain(lab.sysroot);
  expect(readFileSync(join(work, 'a/initrd.mtree'), 'utf8')).not.toContain(lab.sysroot);
});

test.each(['xz', 'gzip', 'none'])('compression %s gives the same files', (compression) => {
  const level = compression === 'none' ? ['Initrd.CompressionLevel='] : ['Initrd.CompressionLevel=1'];
  const { status, stderr } = build(
    compression,
    `Initrd.Compression=${compression}`,
    'Initrd.SizeBudget=0',
    ...level,
  );
  expect({ status, stderr }).toMatchObject({ status: 0 });
  expect(list(`${compression}/initrd.img`)).toEqual(list('a/initrd.img'));
});

test('an initrd over its budget is an error, the table is shown, nothing is written', () => {
  const { status, stdout, stderr } = build('over', 'Initrd.SizeBudget=1M');
  expect(status).toBe(1);
  expect(stderr).toMatch(
    /^--set: .*|error: Initrd\.SizeBudget: the minimal initrd has \d\.\d\d MB and must have at most 1\.05 MB/m,
  );
  expect(stdout).toMatch(/^busybox +\d/m);
  expect(existsSync(join(work, 'over'))).toBe(false);
});

test.each([
  [
    'a module that the kernel does not have',
    'Modules.Modules=virtio_blck',
    /error: Modules\.Modules: |no module virtio_blck.*\n.*did you mean virtio_blk\?/,
  ],
  [
    'an extra file that is not there',
    'Initrd.ExtraFiles=/usr/bin/none',
    /^--set:\d+: error: Initrd\.ExtraFiles: the sysroot must have \/usr\/bin\/none$/m,
  ],
])('%s is named', (_, setting, message) => {
  const { status, stderr } = build('bad', setting);
  expect(status).toBeGreaterThan(0);
  expect(stderr).toMatch(message);
  expect(existsSync(join(work, 'bad'))).toBe(false);
});

test('a module that may be missing is left out with a note', () => {
  const { status, stderr } = build('optional', 'Modules.Modules=-virtio_blck');
  expect(status).toBe(0);
  expect(stderr).toMatch(/note: Modules\.Modules: kernel .* has no module virtio_blck/);
});

test('extra programs bring their libraries', () => {
  expect(build('extra', 'Initrd.ExtraFiles=/usr/sbin/blkid')).toMatchObject({ status: 0 });
  const files = list('extra/initrd.img').join('\n');
  expect(files).toMatch(/\.\/usr\/sbin\/blkid$/m);
  expect(files).toMatch(/libblkid\.so\.1$/m);
});

test('extra files keep who may read them, and an initrd with one that others may not is for its owner', () => {
  const settings = [
    'Initrd.ExtraFiles=/etc/shadow',
    'FullInitrd.Source=usr',
    'FullInitrd.ExtraFiles=/etc/gshadow',
  ];
  expect(build('private', ...settings)).toMatchObject({ status: 0 });
  const files = list('private/initrd.img');
  expect(files).toContainEqual(expect.stringMatching(/^-rw-r----- +\d+ 0 +0 .* \.\/etc\/shadow$/));
  expect(files).toContainEqual(expect.stringMatching(/^-rw-r----- .* \.\/skeleton\/etc\/gshadow$/));
  const modeOf = (output: string) => statSync(join(work, output, 'initrd.img')).mode & 0o777;
  expect([modeOf('private'), modeOf('extra')]).toEqual([0o600, 0o644]);
});

test('a program that ends threads brings what glibc opens for that', () => {
  expect(build('threads', 'Initrd.ExtraFiles=/usr/sbin/cryptsetup')).toMatchObject({ status: 0 });
  expect(list('threads/initrd.img')).toContainEqual(expect.stringMatching(/\/libgcc_s\.so\.1$/));
});

test('the size table adds up to the image', () => {
  const manifest = JSON.parse(readFileSync(join(work, 'a/manifest.json'), 'utf8'));
  const shares = manifest.parts.map(({ share }: { share: number }) => share);
  expect(shares.reduce((sum: number, share: number) => sum + share, 0)).toBeCloseTo(1, 6);
  expect(manifest.initrd.size).toBe(readFileSync(join(work, 'a/initrd.img')).length);
});

test.each([['a'], ['systemd']])(
  'build %s: no shell, login, breakpoint or trace for whoever is at the console',
  (output) => {
    if (output === 'systemd') expect(build(output, 'Initrd.Init=systemd')).toMatchObject({ status: 0 });
    const names = list(`${output}/initrd.img`).join('\n');
    expect(names).not.toMatch(
      /\/(login|sulogin|getty|setsid|timeout|cttyhack|shadow|debug-shell\S*|emergency\.service)\b/,
    );
    const texts = spawnSync(
      'bsdtar',
      ['-xOf', `${output}/initrd.img`, './init', './usr/lib/bootrelay/*', './usr/lib/systemd/system/*'],
      {
        cwd: work,
        encoding: 'utf8',
      },
    ).stdout;
    expect(texts).toMatch(/^reboot -nf\b/m);
    expect(texts).not.toMatch(/sh -i|\blogin|breakpoint|set -x|PS4|Enter for a shell|agetty|sulogin/);
  },
);

test('a shell with a password brings the login, and the hash for root only', () => {
  const hash = `$6$abcdefgh$${'x'.repeat(86)}`;
  expect(build('shell', 'Emergency.Shell=password', `Emergency.PasswordHash=${hash}`)).toMatchObject({
    status: 0,
  });
  const files = list('shell/initrd.img');
  expect(files).toContainEqual(expect.stringMatching(/^-rw------- .* \.\/etc\/shadow$/));
  expect(files).toContainEqual(expect.stringMatching(/\.\/usr\/bin\/login -> busybox$/));
});

test('the applets that are read from a busybox are those that it names itself', () => {
  const busybox = join(lab.sysroot, 'usr/bin/busybox');
  const named = spawnSync(busybox, ['--list'], { encoding: 'utf8' }).stdout.trim().split('\n');
  expect([...(appletsOf(readFileSync(busybox)) ?? [])].sort()).toEqual(named.sort());
});
