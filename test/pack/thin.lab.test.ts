import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { imageFormatOf, type Thin } from '../../src/config/image-format.ts';
import { recordFile } from '../../src/initrd/record.ts';
import { packFullInitrd } from '../../src/pack/pack.ts';
import { recordSharing } from '../../src/pack/record-sharing.ts';
import { findingsOf } from '../check/findings-of.ts';
import { configure } from '../config/platform-files.ts';
import { openLab } from '../lab/lab.ts';

const lab = openLab();
const work = mkdtempSync(join(lab.shared, 'thin-test-'));
afterAll(() => rmSync(work, { recursive: true }));

const system = join(work, 'system');
const usr = join(system, 'usr');

/** What is wrong with an image for a platform of that kind and a system. */
function checkSharing(image: string, thin: Thin | undefined, sysroot: string) {
  const settings = thin === undefined ? [] : ['FullInitrd.Source=thin', `FullInitrd.Thin=${thin}`];
  return findingsOf('image-sharing', configure(...settings), { image, sysroot });
}

function shell(script: string): void {
  const { status, stderr } = spawnSync('bash', ['-ec', script], { cwd: work, encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
}

/** Each file of the full initrd in one way of being the same as in /usr or not. */
beforeAll(() => {
  mkdirSync(work, { recursive: true });
  shell(`
    umask 022
    mkdir -p initrd/etc initrd/usr/lib/systemd/system initrd/usr/lib64x initrd/usr/bin
    cd initrd
    echo same > usr/lib/same
    echo same > etc/outside
    echo gone > usr/lib/not-there
    echo 12345 > usr/lib/other-content
    echo long > usr/lib/other-size
    echo mode > usr/lib/other-mode
    echo owner > usr/lib/other-owner
    : > usr/lib/empty
    echo setuid > usr/bin/su; chmod 4755 usr/bin/su
    echo capable > usr/bin/ping
    echo linked > usr/lib/one; ln usr/lib/one usr/lib/two
    echo unit > usr/lib/systemd/system/a.service
    echo through > usr/lib64x/through-a-link
    echo place > usr/lib/place
    truncate -s 3M usr/lib/sparse; echo end >> usr/lib/sparse
    mkdir -p ../system && cp -a usr ../system/usr && cd ../system/usr
    rm lib/not-there && echo 54321 > lib/other-content && echo longer > lib/other-size
    chmod 600 lib/other-mode && chown 42 lib/other-owner
    setfattr -n user.capability -v yes bin/ping
    mv lib64x lib64y && ln -s lib64y lib64x
    rm lib/place && mkdir lib/place
    cd ../../initrd && find . -print0 | sort -z | cpio --null --quiet -H newc -o > ../initrd.cpio`);
});

async function pack(thin: Thin, name: string = thin) {
  const scratch = join(work, `scratch-${name}`);
  mkdirSync(scratch);
  const output = join(work, `${name}.squashfs`);
  rmSync(output, { force: true });
  const format = imageFormatOf(configure('FullInitrd.FileSystem=squashfs').settings);
  const initrd = join(work, 'initrd.cpio');
  const { files } = await packFullInitrd({
    initrd,
    format,
    thin: { kind: thin, usr },
    output,
    work: scratch,
  });
  rmSync(scratch, { recursive: true });
  return { output, files };
}

const expectations: readonly (readonly [path: string, overlay: string, links: string])[] = [
  ['etc/outside', 'not below /usr', 'not below /usr'],
  ['usr/bin/ping', '/bin/ping', 'with extended attributes in /usr'],
  ['usr/bin/su', '/bin/su', '/bin/su'],
  ['usr/lib/empty', 'empty', 'empty'],
  ['usr/lib/not-there', 'not in /usr', 'not in /usr'],
  ['usr/lib/one', '/lib/one', '/lib/one'],
  ['usr/lib/other-content', 'of other content in /usr', 'of other content in /usr'],
  ['usr/lib/other-mode', '/lib/other-mode', 'of another mode in /usr'],
  ['usr/lib/other-owner', '/lib/other-owner', 'of another owner in /usr'],
  ['usr/lib/other-size', 'of another size in /usr', 'of another size in /usr'],
  ['usr/lib/place', 'not a file in /usr', 'not a file in /usr'],
  ['usr/lib/same', '/lib/same', '/lib/same'],
  ['usr/lib/sparse', '/lib/sparse', '/lib/sparse'],
  ['usr/lib/systemd/system/a.service', '/lib/systemd/system/a.service', 'systemd looks at links to it'],
  ['usr/lib64x/through-a-link', '/lib64y/through-a-link', '/lib64y/through-a-link'],
];

describe.each(['overlay', 'links'] as const)('%s', (thin) => {
  test('shares what is the same, and says why not', async () => {
    const { files } = await pack(thin);
    const said = files.map(({ path, sharing }) => [path, sharing.shared ? sharing.source : sharing.why]);
    expect(said.sort()).toEqual(
      expectations.map(([path, overlay, links]) => [path, thin === 'overlay' ? overlay : links]),
    );
  });

  test('twice gives the same bytes', async () => {
    const [one, two] = [await pack(thin, 'one'), await pack(thin, 'two')];
    expect(readFileSync(one.output).equals(readFileSync(two.output))).toBe(true);
  });

  test('a /usr that lost or changed a shared file is found; one that did not is fine', async () => {
    const { output, files } = await pack(thin, 'checked');
    const record = recordSharing(output, thin, files);
    expect(await checkSharing(output, thin, system)).toMatchObject([{ kind: 'image-record-missing' }]);
    writeFileSync(recordFile(output), JSON.stringify(record));
    expect(await checkSharing(output, thin, system)).toEqual([]);
    const other = thin === 'links' ? 'overlay' : 'links';
    expect(await checkSharing(output, other, system)).toMatchObject([{ kind: 'image-record-missing' }]);
    expect(await checkSharing(output, undefined, system)).toMatchObject([{ kind: 'image-record-missing' }]);
    shell(
      'rm -rf later && mkdir later && cp -a system/usr later && cd later/usr && rm bin/su && echo emas > lib/same && mv lib64y z && ln -s z lib64y',
    );
    const found = await checkSharing(output, thin, join(work, 'later'));
    const messages = found.map(({ message }) => message);
    expect(messages.sort()).toEqual([
      'the image has no data for usr/bin/su: /usr/bin/su is not there',
      'the image has no data for usr/lib/same: /usr/lib/same has other content',
      'the image has no data for usr/lib64x/through-a-link: /usr/lib64y/through-a-link is behind a link',
    ]);
    writeFileSync(output, 'another image');
    expect(await checkSharing(output, thin, system)).toMatchObject([
      { message: expect.stringMatching(/another image/) },
    ]);
  });
});
