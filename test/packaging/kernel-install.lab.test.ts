/**
 * examples/kernel-install with the real kernel-install of two releases of systemd (257 and 252), each in a copy of its system:
 * what comes to the boot partition for a new kernel, and that nothing of it stays.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { readRange, withInput } from '../../src/initrd/input.ts';
import { readPeSections } from '../../src/initrd/pe.ts';
import { labDirectory, openLab, openRelease } from '../lab/lab.ts';
import { install, rootHash, work } from './kernel-install.ts';
import { root } from './make-release.ts';

const lab = openLab();
const bookworm = openRelease('bookworm');
const machine = '0123456789abcdef0123456789abcdef';
const add = 'kernel-install add "$version" "/boot/vmlinuz-$version"';

describe('systemd 257, layout=uki', () => {
  test('a kernel gets a UKI with tries, whose initrd is that of bootrelay build; it is gone with the kernel', async () => {
    const { status, stderr, files, partition } = install(lab.sysroot, 'uki', add);
    expect({ status, stderr }).toEqual({ status: 0, stderr: expect.any(String) });
    const name = `EFI/Linux/${machine}-${lab.kernel}+3.efi`;
    expect(files).toEqual([name]);
    const sections = await withInput(
      join(partition, name),
      async (input) =>
        new Map((readPeSections(input) ?? []).map(({ name: section, data }) => [section, readRange(data)])),
    );
    const text = (section: string) => sections.get(section)?.toString().replace(/\0+$/, '');
    expect(text('.cmdline')).toBe(`usrhash=${rootHash} systemd.verity=no console=ttyS0 quiet`);
    expect(text('.uname')).toBe(lab.kernel);
    // It has the same files as that of the same platform, built outside: only where the settings come from is another place.
    writeFileSync(
      join(work, 'platform.ini'),
      '[Platform]\nExtends=bootrelay:qemu-x86_64\n[Verity]\nTool=dmsetup\n',
    );
    const build = [
      'build',
      join(work, 'platform.ini'),
      '--sysroot',
      lab.sysroot,
      '--output',
      join(work, 'build'),
    ];
    const env = { ...process.env, BOOTRELAY_TOOLS_TREE: join(labDirectory, 'install-tools') };
    expect(spawnSync(join(root, 'dist/cli.js'), build, { env }).status).toBe(0);
    const list = (initrd: Buffer | undefined) =>
      spawnSync('bsdtar', ['-tf', '-'], { input: initrd, encoding: 'utf8' }).stdout;
    expect(list(sections.get('.initrd'))).toMatch(/usr\/s?bin\/dmsetup/);
    expect(list(sections.get('.initrd'))).toBe(list(readFileSync(join(work, 'build/initrd.img'))));

    expect(install(lab.sysroot, 'uki', `${add} && kernel-install remove "$version"`)).toMatchObject({
      status: 0,
      files: [],
    });
  });

  test('what fails leaves nothing on the boot partition', () => {
    const bad = 'echo "[Usr]" > /etc/bootrelay/platform.ini; echo Devise=x >> /etc/bootrelay/platform.ini';
    const { status, stderr, files } = install(lab.sysroot, 'uki', `${bad}; ${add}`);
    expect({ status, files }).toEqual({ status: 1, files: [] });
    expect(stderr).toContain('/etc/bootrelay/platform.ini:2: error: Usr.Devise: [Usr] has no setting Devise');
    expect(install(lab.sysroot, 'uki', `rm /etc/bootrelay/platform.ini; ${add}`).stderr).toContain(
      'there is no platform file /etc/bootrelay/platform.ini',
    );
  });

  test('another generator is left alone, with its initrd', () => {
    const other = 'sed -i s/=bootrelay/=none/ /etc/kernel/install.conf';
    const { status, files } = install(lab.sysroot, 'bls', `${other}; ${add}`);
    expect(status).toBe(0);
    expect(files).toContain(`${machine}/${lab.kernel}/initrd.img-${lab.kernel}`);
    expect(files).not.toContain(`${machine}/${lab.kernel}/initrd`);
  });

  test('a UKI of another generator, which would have another initrd, is refused', () => {
    for (const other of ['/^uki_generator=/d', 's/^uki_generator=.*/uki_generator=ukify/']) {
      const { status, stderr, files } = install(
        lab.sysroot,
        'uki',
        `sed -i '${other}' /etc/kernel/install.conf; ${add}`,
      );
      expect({ status, files }).toEqual({ status: 1, files: [] });
      expect(stderr).toContain('layout=uki needs uki_generator=bootrelay');
    }
  });

  test('the root hash of the machine that runs is not taken over', () => {
    const { status, files, read } = install(lab.sysroot, 'uki', `rm /etc/kernel/cmdline; ${add}`);
    expect(status).toBe(0);
    expect(read(files[0] ?? '').toString('latin1')).toContain(`usrhash=${rootHash} systemd.verity=no\0`);
  });
});

describe.each([
  // Newer ones name entries after the distribution where the machine has no ID, and that lasts.
  ['systemd 257', lab, { status: 0, entries: 1, words: /^$/ }],
  ['systemd 252', bookworm, { status: 1, entries: 0, words: /no ID that lasts/ }],
] as const)('%s, layout=bls', (_, { sysroot, kernel }, withoutId) => {
  test('a kernel gets an entry with tries and one initrd; all is gone with the kernel', () => {
    const { status, files, read } = install(sysroot, 'bls', add);
    const entry = `loader/entries/${machine}-${kernel}+3.conf`;
    expect({ status, files }).toEqual({
      status: 0,
      files: [`${machine}/${kernel}/initrd`, `${machine}/${kernel}/linux`, entry].sort(),
    });
    // That of the distribution's own plugin would be unpacked over stage 1.
    expect(
      read(entry)
        .toString()
        .match(/^initrd .*$/gm),
    ).toHaveLength(1);
    const removed = install(sysroot, 'bls', `${add} && kernel-install remove "$version"`);
    expect(removed).toMatchObject({ status: 0, files: [] });
  });

  test('an initrd that is given beside it is refused', () => {
    const { status, stderr, files } = install(sysroot, 'bls', `${add} "/boot/initrd.img-$version"`);
    expect({ status, files }).toEqual({ status: 1, files: [] });
    expect(stderr).toContain("beside bootrelay's it would replace stage 1");
  });

  test('a machine without an ID: no entry that nobody could remove', () => {
    const { status, stderr, files } = install(sysroot, 'bls', `rm /etc/machine-id; ${add}`);
    const entries = files.filter((file) => file.includes('/debian-')).length;
    expect({ status, entries }).toEqual({ status: withoutId.status, entries: withoutId.entries });
    expect(stderr.trim()).toMatch(withoutId.words);
    if (status !== 0) expect(files).toEqual([]);
  });
});
