/** Changes as a distribution makes them, in a git history: what `diff --markdown` says of each is a golden. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { formatNames } from '../../src/json/format-names.ts';
import { bootrelayVersion } from '../../src/package.ts';
import { plan } from '../config/platform-files.ts';
import { expectGolden } from '../golden.ts';
import { newcTree, type Raw } from '../initrd/newc-archive.ts';

const cli = new URL('../../dist/cli.js', import.meta.url).pathname;
const work = mkdtempSync(join(tmpdir(), 'bootrelay-test-'));
afterAll(() => rmSync(work, { recursive: true }));

function run(program: string, ...args: readonly string[]) {
  const env = {
    ...process.env,
    NO_COLOR: '1',
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_CONFIG_SYSTEM: '/dev/null',
  };
  const { status, stdout, stderr } = spawnSync(program, args, { cwd: work, encoding: 'utf8', env });
  return { status, stdout, stderr };
}

const diff = (...args: readonly string[]) => run('node', cli, 'diff', ...args);

function git(...args: readonly string[]): void {
  const identity = [
    '-c',
    'user.name=Tests',
    '-c',
    'user.email=tests@localhost',
    '-c',
    'init.defaultBranch=main',
  ];
  const { status, stderr } = run('git', ...identity, ...args);
  if (status !== 0) throw new Error(stderr);
}

/** Five platforms; metal and edge have a base of their own between them and base.ini. */
const platforms = {
  'base.ini': '[Usr]\nFileSystem=erofs\n[Verity]\nOnCorruption=panic\n[Emergency]\nDelay=10s\n',
  'metal-base.ini':
    '[Platform]\nExtends=base.ini\n[Modules]\nModules=nvme\nModules=ahci\nModules=sd_mod\n[Devices]\nTimeout=90s\n',
  'qemu.ini': '[Platform]\nExtends=base.ini\n[Modules]\nModules=virtio_blk\n[Usr]\nDevice=PARTLABEL=USR-A\n',
  'cloud.ini':
    '[Platform]\nExtends=base.ini\n[Modules]\nModules=virtio_blk\nModules=nvme\n[Usr]\nDevice=PARTLABEL=USR-A\n[Emergency]\nDelay=3s\n',
  'test.ini':
    '[Platform]\nExtends=base.ini\n[Modules]\nModules=virtio_blk\n[Usr]\nDevice=PARTLABEL=USR-A\n[Emergency]\nDelay=1s\n',
  'metal.ini': '[Platform]\nExtends=metal-base.ini\n[Usr]\nDevice=PARTLABEL=USR-A\n[Emergency]\nDelay=3s\n',
  'edge.ini': '[Platform]\nExtends=metal-base.ini\n[Usr]\nDevice=PARTUUID=0123-45\n',
};

function write(files: Readonly<Record<string, string>>): void {
  mkdirSync(join(work, 'platforms'), { recursive: true });
  for (const [name, text] of Object.entries(files)) writeFileSync(join(work, 'platforms', name), text);
}

function edit(name: string, from: string, to: string): void {
  const file = join(work, 'platforms', name);
  const text = readFileSync(file, 'utf8');
  expect(text).toContain(from);
  writeFileSync(file, text.replace(from, to));
}

const changes: readonly (readonly [name: string, change: () => void])[] = [
  ['driver-dropped', () => edit('metal-base.ini', 'Modules=ahci\n', '')],
  ['verity-loosened', () => edit('cloud.ini', '[Emergency]', '[Verity]\nOnCorruption=error\n[Emergency]')],
  ['base-edited', () => edit('base.ini', 'Delay=10s', 'Delay=30s')],
  [
    'image-format-changed',
    () => edit('qemu.ini', '[Usr]', '[FullInitrd]\nFileSystem=squashfs\nCompression=xz\n[Usr]'),
  ],
  ['nothing-changed', () => edit('base.ini', '[Verity]', '# Says nothing new.\n[Verity]')],
];

describe('a git history', () => {
  beforeAll(() => {
    git('init', '--quiet');
    write(platforms);
    git('add', '.');
    git('commit', '--quiet', '-m', 'start');
    for (const [name, change] of changes) {
      change();
      git('commit', '--quiet', '-a', '-m', name);
    }
  });

  test.each(changes.map(([name], index) => [name, changes.length - index] as const))('%s', (name, before) => {
    const old = `HEAD~${before}:platforms`;
    const fresh = `HEAD~${before - 1}:platforms`;
    const { status, stdout, stderr } = diff('--markdown', old, fresh);
    expect(stderr).toBe('');
    expect(status).toBe(name === 'nothing-changed' ? 0 : 1);
    expectGolden(`diff/${name}.md`, stdout);
  });

  test('one platform of a revision, and the one that is there', () => {
    const { stdout, status } = diff('HEAD~5:platforms/qemu.ini', 'platforms/qemu.ini');
    expect(status).toBe(1);
    expect(stdout).toContain('setting: FullInitrd.FileSystem from erofs (default) to squashfs (qemu.ini:6)');
    expect(JSON.parse(diff('HEAD:platforms', 'platforms', '--json').stdout)).toMatchObject({
      same: true,
      comparisons: [],
    });
  });

  test('the GitHub Action writes the summary, and says whether there is a difference', () => {
    const script = new URL('../../.ci/summarize-diff', import.meta.url).pathname;
    const summarize = (base: string, name: string) => {
      const files = {
        GITHUB_STEP_SUMMARY: join(work, `${name}.md`),
        GITHUB_OUTPUT: join(work, `${name}.out`),
      };
      const env = { ...process.env, NO_COLOR: '1', BASE: base, PLATFORMS: 'platforms', ...files };
      const { status } = spawnSync('sh', [script], { cwd: work, encoding: 'utf8', env });
      const read = (file: string) => (status === 0 ? readFileSync(file, 'utf8') : '');
      return { status, summary: read(files.GITHUB_STEP_SUMMARY), output: read(files.GITHUB_OUTPUT) };
    };
    const { status, summary, output } = summarize('HEAD~5', 'changed');
    expect({ status, output }).toEqual({ status: 0, output: 'different=true\n' });
    expect(summary).toMatch(
      /^- 4 of 5 platforms differ: .*\n.*\n\n### cloud: different, 1 thing to look at\n\n- :warning: looser: `Verity\.OnCorruption`/,
    );
    expect(summarize('HEAD', 'same')).toMatchObject({ status: 0, output: 'different=false\n' });
    expect(summarize('nosuch', 'wrong')).toMatchObject({ status: 2, output: '' });
  });

  test('a platform with errors is never passed over, a base is', () => {
    writeFileSync(join(work, 'platforms/newbad.ini'), '[Platform]\nExtends=base.ini\nArchitecure=arm64\n');
    const { status, stderr } = diff('HEAD:platforms', 'platforms');
    rmSync(join(work, 'platforms/newbad.ini'));
    expect(status).toBe(2);
    expect(stderr).toContain(
      'platforms/newbad.ini:3: error: Platform.Architecure: [Platform] has no setting Architecure',
    );
  });

  test('a directory that was not there yet, and a platform that is a link', () => {
    symlinkSync('qemu.ini', join(work, 'platforms/alias.ini'));
    git('add', '.');
    git('commit', '--quiet', '-m', 'alias');
    expect(diff('HEAD:platforms', 'platforms')).toMatchObject({ status: 0 });
    expect(diff('HEAD:platforms/alias.ini', 'platforms/alias.ini').stdout).toContain('no difference');
    expect(diff('HEAD:nothing', 'platforms')).toMatchObject({
      status: 2,
      stderr: 'bootrelay: no platform is in HEAD:nothing; --allow-absent takes it for an empty directory\n',
    });
    const { status, stdout } = diff('--allow-absent', 'HEAD:nothing', 'platforms');
    expect(status).toBe(1);
    expect(stdout).toBe('new: alias.ini, cloud.ini, edge.ini, metal.ini, qemu.ini, test.ini\n');
    git('reset', '--quiet', '--hard', 'HEAD~1');
  });

  test('values mean nothing to Markdown', () => {
    const description = 'a` ![x](http://e) <h1>';
    const { stdout } = diff(
      '--markdown',
      'platforms/qemu.ini',
      'platforms/cloud.ini',
      '--set',
      `Platform.Description=${description}`,
    );
    expect(stdout).not.toContain(description);
    edit('qemu.ini', '[Platform]', `[Platform]\nDescription=${description}`);
    const changed = diff('--markdown', 'HEAD:platforms/qemu.ini', 'platforms/qemu.ini').stdout;
    git('checkout', '--quiet', '.');
    expect(changed).toContain(`to \`\` ${description} \`\` (qemu.ini:2)`);
  });

  test('a rendered tree against its platform, and links in it', () => {
    expect(
      run('node', cli, 'render', 'platforms/qemu.ini', '--set', 'FullInitrd.Source=usr', '-o', 'review'),
    ).toMatchObject({ status: 0 });
    const compare = () => diff('platforms/qemu.ini', 'review/qemu', '--set', 'FullInitrd.Source=usr');
    expect(compare().stdout).toContain('no difference');
    const init = join(work, 'review/qemu/minimal/skeleton/init');
    rmSync(init);
    symlinkSync('elsewhere', init);
    expect(compare().stdout).toMatch(
      /minimal\/skeleton\/init\n.*\n {4}-a link to usr\/lib\/systemd\/systemd\n {4}\+a link to elsewhere/,
    );
  });

  test('what is not there, and what cannot be compared', () => {
    expect(diff('nosuch:platforms', 'platforms')).toMatchObject({
      status: 2,
      stderr: 'bootrelay: git has no revision nosuch here\n',
    });
    expect(diff('platforms', 'platforms/qemu.ini')).toMatchObject({ status: 2 });
    expect(diff('platforms/qemu.ini', 'missing')).toMatchObject({
      status: 2,
      stderr: 'bootrelay: there is no missing\n',
    });
    writeFileSync(join(work, 'platforms/qemu.ini'), '[Usr]\nDevise=x\n');
    const broken = diff('HEAD:platforms', 'platforms');
    expect(broken.status).toBe(2);
    expect(broken.stderr).toContain('platforms/qemu.ini:2: error: Usr.Devise: [Usr] has no setting Devise');
    git('checkout', '--quiet', '.');
  });
});

const [file, link] = [0o100755, 0o120777];
const sha256 = 'a'.repeat(64);

/** A build as small as one can be, of the files that count here. */
function writeBuild(
  name: string,
  entries: readonly Raw[],
  settings: object = {},
  platform = 'qemu',
  more: object = {},
): void {
  mkdirSync(join(work, name));
  const image = newcTree(entries);
  writeFileSync(join(work, name, 'initrd.img'), image);
  const files = entries.map((entry) => ({
    path: `/${entry.name}`,
    type: entry.mode === link ? 'link' : 'file',
    part: entry.name.includes('busybox') || entry.mode === link ? 'busybox' : 'modules',
  }));
  const manifest = {
    format: formatNames.manifest,
    bootrelay: bootrelayVersion(),
    platform,
    kernel: '6.12',
    initrd: {
      sha256,
      size: image.length,
      uncompressedSize: image.length,
      memory: { packed: 1, files: 1, decompressor: 1 },
    },
    parts: [],
    tools: {},
    files,
    settings: { 'Initrd.SizeBudget': ['3M'], 'Modules.Modules': ['virtio_blk'], ...settings },
    ...more,
  };
  writeFileSync(join(work, name, 'manifest.json'), JSON.stringify(manifest));
  writeFileSync(join(work, name, 'plan.json'), JSON.stringify({ format: formatNames.plan, ...plan() }));
}

const drivers = (...lines: readonly string[]) =>
  `load_drivers_of() {\n${lines.map((line) => `  case $1 in ${line} ;; esac\n`).join('')}}\n`;

/** A busybox of so many bytes that is another one with each version. */
const busybox = (version: string, size: number): Raw => ({
  name: 'usr/bin/busybox',
  mode: file,
  data: `\0${version}`.padEnd(size, '\0'),
});

const applets = (...names: readonly string[]): readonly Raw[] =>
  names.map((name) => ({ name: `usr/bin/${name}`, mode: link, data: 'busybox' }));

const module = (name: string, ...aliases: readonly string[]): Raw => ({
  name: `modules/${name}.ko`,
  mode: 0o100644,
  data: `\0${aliases.map((alias) => `alias=${alias}\0`).join('')}`.padEnd(40_000, '\0'),
});

describe('two builds', () => {
  const virtio = 'virtio:d00000002v*';
  beforeAll(() => {
    writeBuild('old', [
      busybox('1.36.1', 1_982_256),
      ...applets('mount', 'od', 'grep'),
      module('virtio_blk', virtio),
    ]);
    writeBuild('new', [
      busybox('1.37.0', 2_018_200),
      ...applets('mount', 'grep'),
      module('virtio_blk', virtio),
    ]);
    writeBuild('other', [{ name: 'init', mode: file, data: 'x' }], {}, 'metal');
  });

  test('busybox updated, an applet gone', () => {
    const { status, stdout } = diff('--markdown', 'old', 'new');
    expect(status).toBe(1);
    expectGolden('diff/busybox-updated.md', stdout);
  });

  test('hardware without a driver: of listed modules, and of those found at boot', () => {
    writeBuild('listed', [module('virtio_blk', virtio), module('nvme', 'pci:v*d*sv*sd*bc01sc08i02*')]);
    writeBuild('dropped', [module('virtio_blk', virtio)]);
    expect(diff('listed', 'dropped').stdout).toContain(
      '! no driver any more for 1 kind of devices, such as pci:v*d*sv*sd*bc01sc08i02*: nvme is gone\n',
    );
    const table = drivers(
      `${virtio}) load virtio_blk.ko`,
      'pci:v*bc01sc06*|pci:v00008086d*) load libata.ko ahci.ko',
    );
    writeBuild('coldplug', [{ name: 'modules/drivers', mode: 0o100644, data: table }]);
    const { stdout } = diff('coldplug', 'dropped');
    expect(stdout).toContain(
      '! no driver any more for 2 kinds of devices, such as pci:v*bc01sc06*: ahci is gone\n',
    );
    expect(stdout).not.toContain('virtio_blk is gone');
  });

  test('a module in another place is not gone, and an initrd of another origin is said to be one', () => {
    const elsewhere = { ...module('virtio_blk', virtio), name: 'usr/lib/modules/6.12/kernel/virtio_blk.ko' };
    writeFileSync(join(work, 'foreign.img'), newcTree([elsewhere]));
    const { stdout } = diff('dropped', 'foreign.img');
    expect(stdout).toContain('a build and an initrd of another origin');
    expect(stdout).not.toMatch(/virtio_blk(\.ko)? is gone/);
  });

  test('many of a kind are counted', () => {
    const names = Array.from({ length: 20 }, (_, index) => `driver${index}`);
    writeBuild(
      'many',
      names.map((name) => module(name, `pci:${name}`)),
    );
    const { stdout } = diff('many', 'dropped');
    expect(stdout.match(/no driver any more/g)).toHaveLength(5);
    expect(stdout).toContain('! 15 more drivers are gone\n');
  });

  test('grow in /usr, and take another step', () => {
    const init = (line: number) => [
      { name: 'init', mode: file, data: `delay=1 # Emergency.Delay (x.ini:${line})\n` },
    ];
    writeBuild('small', init(1), {}, 'qemu', { fullInitrd: { sha256, size: 1000 } });
    writeBuild('large', init(2), { 'FullInitrd.SizeBudget': ['1500'] }, 'qemu', {
      fullInitrd: { sha256, size: 2000 },
    });
    writeFileSync(
      join(work, 'large/plan.json'),
      JSON.stringify({ format: formatNames.plan, ...plan('Usr.FileSystem=btrfs') }),
    );
    const { stdout } = diff('small', 'large');
    expect(stdout).toContain('! /usr, the full initrd: 1.0 kB to 2.0 kB (+1.0 kB), 133 % of 1.5 kB');
    expect(stdout).toContain('+ Mounts the verity device read-only at /sysusr/usr, as btrfs.');
    // Only the number of a line in a comment is another one.
    expect(stdout).not.toContain('/init');
  });

  test('one that knows its image in /usr, and the check of /usr that is gone', () => {
    const check = { name: 'usr/lib/bootrelay/check-usr', mode: file, data: '#!/bin/sh\n' };
    writeBuild('told', [check], {}, 'qemu', { fullInitrd: { sha256, size: 1000 } });
    writeBuild('untold', [check]);
    expect(diff('untold', 'told')).toMatchObject({
      status: 0,
      stdout: expect.stringContaining('/usr, the full initrd: known only of the new build'),
    });
    writeFileSync(join(work, 'with.img'), newcTree([check, busybox('1', 10)]));
    writeFileSync(join(work, 'without.img'), newcTree([busybox('1', 10)]));
    expect(diff('with.img', 'without.img').stdout).toContain('! the check is gone');
  });

  test('a rendered tree that everybody may read shows no hash of a password', () => {
    for (const [name, hash] of [
      ['tree1', '$6$aaaa'],
      ['tree2', '$6$bbbb'],
    ] as const) {
      mkdirSync(join(work, name, 'minimal/etc'), { recursive: true });
      writeFileSync(join(work, name, 'explain.txt'), name);
      writeFileSync(join(work, name, 'minimal/etc/shadow'), `root:${hash}:::::::\n`);
    }
    expect(diff('tree1', 'tree2').stdout).not.toMatch(/\$6\$/);
  });

  test('what only root may read is not shown, only that it changed', () => {
    const shadow = (hash: string) => [{ name: 'etc/shadow', mode: 0o100600, data: `root:${hash}:::::::\n` }];
    writeBuild('secret', shadow('$6$aaaa'), { 'Emergency.PasswordHash': ['$6$aaaa'] });
    writeBuild('secret2', shadow('$6$bbbb'), { 'Emergency.PasswordHash': ['$6$bbbb'] });
    for (const format of ['--markdown', '--json']) {
      const { stdout } = diff(format, 'secret', 'secret2');
      expect(stdout).toContain('Emergency.PasswordHash');
      expect(stdout).toContain('etc/shadow');
      expect(stdout).not.toMatch(/\$6\$(aaaa|bbbb)/);
    }
  });

  test('of other owners, and with texts that have nothing in common', () => {
    const owned = (name: string, uid: number, lines: string) => {
      const entry = { name: 'init', mode: file, data: lines, uid };
      writeFileSync(join(work, name), newcTree([entry]));
    };
    owned('a.img', 0, 'x\n');
    owned('b.img', 1000, 'x\n');
    expect(diff('a.img', 'b.img').stdout).toContain('~ /init  other  2 B  owner 0:0 -> 1000:0');
    owned('a.img', 0, Array.from({ length: 9000 }, (_, index) => `a${index}\n`).join(''));
    owned('b.img', 0, Array.from({ length: 9000 }, (_, index) => `b${index}\n`).join(''));
    expect(diff('a.img', 'b.img').stdout).toContain('too different to show: 9001 lines before, 9001 now');
  });

  test('of two platforms are compared, and it is said', () => {
    const { status, stdout } = diff('old', 'other');
    expect(status).toBe(1);
    expect(stdout).toContain('builds of two platforms: qemu and metal');
  });

  test.each([
    [
      'manifest.json',
      '{"settings": {',
      /^bootrelay: broken\/manifest\.json, the manifest of a build, is no JSON, or is cut off\n$/,
    ],
    [
      'manifest.json',
      'null',
      /says no format, and this bootrelay reads bootrelay-manifest-1: it was written by bootrelay 0\.1/,
    ],
    [
      'manifest.json',
      '{"format":"bootrelay-manifest-9"}',
      /is of the format bootrelay-manifest-9, and this bootrelay reads bootrelay-manifest-1: make it again\n$/,
    ],
    [
      'manifest.json',
      '{"format":"bootrelay-manifest-1","bootrelay":"0","platform":"x","kernel":"1"}',
      /is damaged \(at initrd\): /,
    ],
    ['plan.json', '{"steps": [', /plan\.json, the boot plan of a build, is no JSON, or is cut off\n$/],
    ['plan.json', '{"steps": [1]}', /plan\.json, the boot plan of a build, says no format/],
    [
      'plan.json',
      undefined,
      /there is no broken\/plan\.json, the boot plan of a build: it is not complete\n$/,
    ],
    ['manifest.json', undefined, /broken is neither a build/],
    [
      'initrd.img',
      undefined,
      /^bootrelay: broken is not complete: its initrd\.img has no bytes, not the \d+ of its manifest\n$/,
    ],
    ['initrd.img', 'short', /^bootrelay: broken is not complete: its initrd\.img has 5 bytes, not/],
  ])('one whose %s is %j', (name, content, message) => {
    rmSync(join(work, 'broken'), { recursive: true, force: true });
    writeBuild('broken', [module('virtio_blk', virtio)]);
    if (content === undefined) rmSync(join(work, 'broken', name));
    else writeFileSync(join(work, 'broken', name), content);
    const { status, stderr } = diff('old', 'broken');
    expect({ status, stderr }).toEqual({ status: 2, stderr: expect.stringMatching(message) });
  });

  test('an initrd that is cut off, compressed or not, and one that is packed', () => {
    const whole = readFileSync(join(work, 'old/initrd.img'));
    writeFileSync(join(work, 'cut.img'), whole.subarray(0, 300));
    expect(diff('cut.img', 'cut.img').stderr).toMatch(/^bootrelay: cut\.img is cut off/);
    writeFileSync(join(work, 'cut.gz'), gzipSync(whole).subarray(0, 200));
    expect(diff('cut.gz', 'cut.gz')).toMatchObject({
      status: 2,
      stderr: expect.stringMatching(/^bootrelay: cut\.gz is cut off or damaged: /),
    });
    writeFileSync(join(work, 'packed.squashfs'), Buffer.concat([Buffer.from('hsqs'), Buffer.alloc(4096)]));
    expect(diff('packed.squashfs', 'cut.img')).toMatchObject({
      status: 2,
      stderr: 'bootrelay: packed.squashfs is a packed image, squashfs: its cpio is wanted\n',
    });
  });
});

describe('two revisions', () => {
  afterEach(() => {
    git('checkout', '--quiet', '.');
    git('clean', '--quiet', '--force', 'platforms');
  });

  test('a base file that is renamed changes nothing', () => {
    const text = readFileSync(join(work, 'platforms/metal-base.ini'), 'utf8');
    writeFileSync(join(work, 'platforms/metal-common.ini'), text);
    rmSync(join(work, 'platforms/metal-base.ini'));
    for (const name of ['metal.ini', 'edge.ini']) edit(name, 'metal-base.ini', 'metal-common.ini');
    const { status, stdout } = diff('HEAD:platforms', 'platforms');
    expect(status).toBe(0);
    expect(stdout).toContain('only origins in comments changed: edge.ini, metal.ini\n');
  });

  test('of a list only what went and came is said, and a driver that went is looked at', () => {
    edit('metal-base.ini', 'Modules=nvme\n', 'Modules=virtio_scsi\n');
    const { stdout } = diff('--markdown', 'HEAD:platforms/metal.ini', 'platforms/metal.ini');
    expect(stdout).toMatch(
      /- :warning: setting: `Modules\.Modules`, without `nvme`, with `virtio_scsi` \(metal-base\.ini:\d+ metal-base\.ini:\d+\)\n/,
    );
  });

  test('errors before are no news of a platform', () => {
    edit('qemu.ini', 'Device=', 'Devise=');
    git('add', '--all');
    git('commit', '--quiet', '--message', 'Break');
    edit('qemu.ini', 'Devise=', 'Device=');
    expect(diff('HEAD:platforms', 'platforms')).toMatchObject({
      status: 1,
      stdout: expect.stringContaining('had errors before, and has none now: qemu.ini\n'),
    });
    const one = diff('HEAD:platforms/qemu.ini', 'platforms/qemu.ini');
    expect(one).toMatchObject({ status: 2, stderr: expect.stringContaining('Devise') });
    rmSync(join(work, 'platforms/qemu.ini'));
    expect(diff('HEAD:platforms', 'platforms').stdout).toContain('gone: qemu.ini\n');
    git('checkout', '--quiet', '.');
    git('reset', '--quiet', '--hard', 'HEAD~1');
  });
});

describe('a base that is no platform', () => {
  afterEach(() => git('checkout', '--quiet', '.'));

  test('is said to have effect on those that extend it', () => {
    edit('metal-base.ini', 'Timeout=90s', 'Timeout=60s');
    const { status, stdout } = diff('HEAD:platforms/metal-base.ini', 'platforms/metal-base.ini');
    expect(status).toBe(1);
    const titles = stdout.match(/^\S.*: different$/gm);
    expect(titles).toEqual(['edge: different', 'metal: different']);
    expect(stdout).not.toMatch(/qemu|cloud/);
  });

  test('and a platform with errors does not hide the others', () => {
    edit('qemu.ini', 'Device=', 'Devise=');
    edit('metal-base.ini', 'Timeout=90s', 'Timeout=60s');
    const { status, stdout } = diff('--markdown', 'HEAD:platforms', 'platforms');
    expect(status).toBe(2);
    expect(stdout).toContain('### edge: different');
    expect(stdout).toContain('- has errors, and is not compared: `qemu.ini`\n- `platforms/qemu.ini:');
  });
});
