/** The Debian package, by dpkg-deb: the one file, man page, completions, documents, and what kernel-install calls. */
import { execFileSync } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { root } from './bundle.js';

/** What each command calls, as packages: those without which neither build nor pack does anything, and the others. */
const needs = 'nodejs (>= 20.19), libarchive-tools, kmod, zstd | xz-utils';
const recommends = 'gcc, libc6-dev, erofs-utils (>= 1.7) | squashfs-tools, cpio';
const suggests =
  'qemu-system-x86, ovmf, swtpm, cryptsetup-bin, systemd-ukify, fdisk, mtools, dosfstools, e2fsprogs, git, rpm';

/** Writes bootrelay_VERSION_all.deb into `output`. */
export function makeDebianPackage({ output, program, version, description }) {
  const tree = mkdtempSync(join(tmpdir(), 'bootrelay-debian-'));
  const put = (path, content, mode = 0o644) => {
    mkdirSync(dirname(join(tree, path)), { recursive: true });
    writeFileSync(join(tree, path), content, { mode });
  };
  const ask = (...args) => execFileSync(process.execPath, [program, ...args]);
  const copy = (from, to) => cpSync(join(root, from), join(tree, to), { recursive: true });
  try {
    chmodSync(tree, 0o755);
    mkdirSync(join(tree, 'usr/bin'), { recursive: true });
    mkdirSync(join(tree, 'usr/lib/bootrelay'), { recursive: true });
    cpSync(program, join(tree, 'usr/lib/bootrelay/bootrelay.mjs'));
    symlinkSync('../lib/bootrelay/bootrelay.mjs', join(tree, 'usr/bin/bootrelay'));
    // gzip as it writes no time: the same commit gives the same package.
    put('usr/share/man/man1/bootrelay.1.gz', gzipSync(ask('man'), { level: 9 }));
    put('usr/share/bash-completion/completions/bootrelay', ask('completion', 'bash'));
    put('usr/share/zsh/vendor-completions/_bootrelay', ask('completion', 'zsh'));
    put('usr/share/fish/vendor_completions.d/bootrelay.fish', ask('completion', 'fish'));
    copy('docs', 'usr/share/doc/bootrelay/docs');
    copy('examples', 'usr/share/doc/bootrelay/examples');
    copy('README.md', 'usr/share/doc/bootrelay/README.md');
    cpSync(
      join(dirname(program), 'bootrelay.licenses.txt'),
      join(tree, 'usr/share/doc/bootrelay/licenses.txt'),
    );
    copy('CHANGELOG.md', 'usr/share/doc/bootrelay/changelog');
    copy('LICENSE', 'usr/share/doc/bootrelay/copyright');
    for (const name of ['89-bootrelay.install', '99-bootrelay.install'])
      copy(`examples/kernel-install/${name}`, `usr/lib/kernel/install.d/${name}`);
    put('DEBIAN/control', control(version, description));
    execFileSync(
      'dpkg-deb',
      ['--root-owner-group', '-Zxz', '--build', tree, join(output, `bootrelay_${version}_all.deb`)],
      { stdio: ['ignore', 'ignore', 'inherit'], env: { ...process.env, SOURCE_DATE_EPOCH: '0' } },
    );
  } finally {
    rmSync(tree, { recursive: true });
  }
}

function control(version, description) {
  return [
    'Package: bootrelay',
    `Version: ${version}`,
    'Architecture: all',
    'Section: admin',
    'Priority: optional',
    'Maintainer: The bootrelay project <bootrelay@localhost>',
    `Depends: ${needs}`,
    `Recommends: ${recommends}`,
    `Suggests: ${suggests}`,
    'Description: boot-stage generator for verity /usr',
    ` ${description}.`,
    '',
  ].join('\n');
}
