/** Bills of materials of a real build and a real full initrd, with Debian's own packages; and what diff says of them. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as cyclonedx from '@cyclonedx/cyclonedx-library';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { openLab } from '../lab/lab.ts';

const lab = openLab();
const root = new URL('../../', import.meta.url).pathname;
const work = mkdtempSync(join(lab.shared, 'bom-'));
afterAll(() => rmSync(work, { recursive: true }));

function bootrelay(...args: readonly string[]) {
  const env = { ...process.env, NO_COLOR: '1', BOOTRELAY_TOOLS_TREE: lab.tools };
  return spawnSync('node', [join(root, 'dist/cli.js'), ...args], { cwd: work, encoding: 'utf8', env });
}

interface Component {
  readonly type: string;
  readonly name: string;
  readonly version?: string;
  readonly purl?: string;
  readonly licenses?: readonly object[];
  readonly components?: readonly Component[];
}

const componentsOf = (file: string): readonly Component[] =>
  JSON.parse(readFileSync(join(work, file), 'utf8')).components;

/** Package name -> paths of its files. */
function filesByPackage(file: string): ReadonlyMap<string, readonly string[]> {
  const packages = componentsOf(file).filter(({ type }) => type !== 'file');
  return new Map(packages.map(({ name, components = [] }) => [name, components.map((one) => one.name)]));
}

const unowned = (file: string) =>
  componentsOf(file)
    .filter(({ type }) => type === 'file')
    .map(({ name }) => name);

beforeAll(() => {
  const build = [
    'build',
    'bootrelay:qemu-x86_64',
    '--sysroot',
    lab.sysroot,
    '--set',
    'Initrd.Microcode=intel',
  ];
  expect(bootrelay(...build, '--set', 'Initrd.SizeBudget=0', '--output', 'build').status).toBe(0);
  const pack = ['pack', 'bootrelay:qemu-x86_64', '--initrd', lab.fullInitrd, '--sysroot', lab.sysroot];
  expect(bootrelay(...pack, '--output', 'image').status).toBe(0);
});

test('both formats of both are valid', async () => {
  const validator = new cyclonedx.Validation.JsonStrictValidator(cyclonedx.Spec.Version.v1dot6);
  for (const name of ['build/sbom', 'image']) {
    expect(await validator.validate(readFileSync(join(work, `${name}.cdx.json`), 'utf8'))).toBeNull();
    expect(JSON.parse(readFileSync(join(work, `${name}.spdx.json`), 'utf8')).spdxVersion).toBe('SPDX-2.3');
  }
});

test('every file of the minimal initrd has its package', () => {
  const files = filesByPackage('build/sbom.cdx.json');
  const kernel = [...files.keys()].find((name) => name.startsWith('linux-image-')) ?? '';
  expect([...files.keys()].sort()).toEqual(['bootrelay', 'busybox-static', 'intel-microcode', kernel].sort());
  expect(files.get('busybox-static')).toEqual(['/usr/bin/busybox']);
  expect(files.get(kernel)).toContain('/modules/dm-verity.ko');
  expect(files.get('intel-microcode')).toEqual(['/kernel/x86/microcode/GenuineIntel.bin']);
  expect(files.get('bootrelay')).toEqual(
    expect.arrayContaining(['/init', '/usr/bin/dm-create', '/modules/order']),
  );
  expect(unowned('build/sbom.cdx.json')).toEqual([]);
  const busybox = componentsOf('build/sbom.cdx.json').find(({ name }) => name === 'busybox-static');
  expect(busybox?.purl).toMatch(/^pkg:deb\/debian\/busybox-static@1:[\d.]+.*\?arch=amd64&distro=debian-13$/);
  // Its copyright is prose; that of the kernel is not.
  expect(busybox?.licenses).toBeUndefined();
  const ofKernel = componentsOf('build/sbom.cdx.json').find(({ name }) => name === kernel);
  expect(JSON.stringify(ofKernel?.licenses)).toContain('GPL-2.0-only');
  const manifest = JSON.parse(readFileSync(join(work, 'build/manifest.json'), 'utf8'));
  expect(manifest.files.find(({ path }: { path: string }) => path === '/usr/bin/busybox').packages).toEqual([
    busybox?.purl,
  ]);
});

test('most files of a full initrd have one; those that dracut makes up have none', () => {
  const files = filesByPackage('image.cdx.json');
  expect(files.get('systemd')).toContain('/usr/lib/systemd/systemd');
  expect(files.get('dracut-core') ?? files.get('dracut')).toBeDefined();
  expect(files.get('bootrelay')).toContain('/usr/lib/bootrelay/check-usr');
  const owned = [...files.values()].flat().length;
  const alone = unowned('image.cdx.json');
  expect(alone).toContain('/etc/passwd');
  expect(owned / (owned + alone.length)).toBeGreaterThan(0.9);
  // Who may not read the image may not read its list either.
  expect(statSync(join(work, 'image.cdx.json')).mode).toBe(statSync(join(work, 'image')).mode);
});

test('diff tells of packages, and of new files that no package owns', () => {
  const other = JSON.parse(readFileSync(join(work, 'image.cdx.json'), 'utf8'));
  other.components = other.components.filter(({ name }: Component) => name !== 'kmod');
  other.components.find(({ name }: Component) => name === 'systemd').version = '258.1-1';
  other.components.push(
    { type: 'file', name: '/usr/bin/stranger' },
    { type: 'application', name: 'new', version: '1' },
  );
  writeFileSync(join(work, 'other.cdx.json'), JSON.stringify(other));
  const { status, stdout } = bootrelay('diff', 'image.cdx.json', 'other.cdx.json');
  expect(status).toBe(1);
  for (const line of [
    /^ {2}! no package owns \/usr\/bin\/stranger, which is new$/m,
    /^ {4}package systemd: 257\S+ to 258\.1-1$/m,
    /^ {4}package kmod \S+ is gone$/m,
    /^ {4}package new 1 is new$/m,
    /^ {4}~ systemd {2}257\S+ -> 258\.1-1$/m,
  ])
    expect(stdout).toMatch(line);
  expect(bootrelay('diff', 'image.cdx.json', 'image.cdx.json').status).toBe(0);
  writeFileSync(join(work, 'cut.cdx.json'), '{"bomFormat": "CycloneDX", ');
  expect(bootrelay('diff', 'cut.cdx.json', 'image.cdx.json')).toMatchObject({
    status: 2,
    stderr: expect.stringContaining(
      'cut.cdx.json is no bill of materials as CycloneDX has it, or is cut off',
    ),
  });
});

test('a sysroot without a package database is built from, with a warning', () => {
  mkdirSync(join(work, 'bare'));
  const names = ['usr', 'boot', 'etc', 'lib', 'lib64', 'bin', 'sbin'].map((name) => join(lab.sysroot, name));
  expect(spawnSync('cp', ['-al', ...names, join(work, 'bare')]).status).toBe(0);
  const { status, stderr } = bootrelay(
    'build',
    'bootrelay:qemu-x86_64',
    '--sysroot',
    join(work, 'bare'),
    '--output',
    'without',
  );
  expect({ status, stderr }).toEqual({
    status: 0,
    stderr: expect.stringMatching(
      /^warning: which packages the sysroot has is not known: it has no database of dpkg, rpm, apk, portage\n/,
    ),
  });
  expect(existsSync(join(work, 'without/sbom.cdx.json'))).toBe(true);
  expect([...filesByPackage('without/sbom.cdx.json').keys()]).toEqual(['bootrelay']);
  expect(unowned('without/sbom.cdx.json')).toContain('/usr/bin/busybox');
});
