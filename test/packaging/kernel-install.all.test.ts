/** examples/kernel-install on a system without a verity /usr: one line of a conf file, and what becomes of images. */
import { truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { run } from '../../src/tools/run.ts';
import { openLab } from '../lab/lab.ts';
import { install, work } from './kernel-install.ts';

const lab = openLab();

/** Generations of one system, as NixOS has them: entries of one kernel, some of which have the same initrd. */
describe('a system without a verity /usr', () => {
  // The initrd that Debian has made is taken as another plugin stages it.
  const settings = `echo full_initrd=staged > /etc/kernel/bootrelay.conf
    rm -f /etc/bootrelay/platform.ini
    echo root=LABEL=ROOT > /etc/kernel/cmdline
    generation() { kernel-install --entry-token="literal:gen$2" "$1" "$version" \${3+"/boot/vmlinuz-$version"}; }
    change() { # another file in the initrd
      (cd /tmp && echo more > more && echo more | busybox cpio -o -H newc >> "/boot/initrd.img-$version") 2> /dev/null
    }
    list() { (cd /efi && find . -type f ! -path './lost+found/*' | sort | sed "s/^/$1: /"); }`;

  /** A boot partition of so many MiB. */
  async function partition(name: string, mebibytes: number): Promise<string> {
    const file = join(work, name);
    writeFileSync(file, '');
    truncateSync(file, mebibytes * 1024 ** 2);
    await run({ program: 'mkfs.ext4', args: ['-q', file] });
    return file;
  }

  const listed = (stdout: string, when: string) =>
    stdout
      .split('\n')
      .flatMap((line) => (line.startsWith(`${when}: ./`) ? [line.slice(when.length + 4)] : []));
  const imagesIn = (files: readonly string[]) =>
    files.filter((file) => /^bootrelay\/[0-9a-f]{64}\.img$/.test(file));
  const entriesIn = (files: readonly string[]) => files.filter((file) => file.endsWith('.efi'));

  test('one line of a conf file: three generations with two images, which go with the last one that needs them', async () => {
    const commands = `${settings}
      set -e
      generation add 1 k; generation add 2 k; list two
      change; generation add 3 k; list three
      generation remove 1; list left; generation remove 2; list last; generation remove 3; list none`;
    const file = await partition('boot.img', 400);
    const { status, stdout, stderr } = install(lab.sysroot, 'uki', commands, file);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    const seen = (when: string) => listed(stdout, when);
    expect(entriesIn(seen('two'))).toEqual([1, 2].map((n) => `EFI/Linux/gen${n}-${lab.kernel}+3.efi`));
    expect(imagesIn(seen('two'))).toHaveLength(1);
    expect([entriesIn(seen('three')).length, imagesIn(seen('three')).length]).toEqual([3, 2]);
    expect(imagesIn(seen('left'))).toEqual(imagesIn(seen('three')));
    expect(imagesIn(seen('last'))).toHaveLength(1);
    expect(imagesIn(seen('two'))).not.toEqual(imagesIn(seen('last')));
    expect(seen('none')).toEqual([]);
  }, 300_000);

  test('a partition without room ends it before anything is changed: the old entry has its image', async () => {
    const commands = `${settings}
      generation add 1 k && list before
      dd if=/dev/zero of=/efi/fill bs=1M count=$(($(df --output=avail -m /efi | tail -n 1) - 20)) status=none
      change; generation add 2 k; echo "status: $?"; rm /efi/fill; list after`;
    const file = await partition('full.img', 400);
    const { stdout, stderr } = install(lab.sysroot, 'uki', commands, file);
    expect(stdout).toContain('status: 1');
    expect(stderr).toMatch(
      /89-bootrelay.install: \/efi\/bootrelay has \d+ KiB left, and \S+ needs \d+ there/,
    );
    expect(listed(stdout, 'before')).toHaveLength(3);
    expect(listed(stdout, 'after')).toEqual(listed(stdout, 'before'));
  }, 300_000);
});
