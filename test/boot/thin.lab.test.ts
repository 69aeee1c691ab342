import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { openLab } from '../lab/lab.ts';
import { boot, makeExtraCpio, reported, type TestBoot } from './boots.ts';

/**
 * Carried into the full initrd, and the first that its systemd starts: reports every file of its root with mode, owner,
 * device, size, hash and attributes. Links into /usr are followed. Left out: what is carried, and the random machine-id.
 */
const lister = `#!/lister/busybox sh
cd / && PATH=/lister && for applet in find stat md5sum getfattr ls sed xargs; do ln -s busybox "/lister/$applet"; done
report() { while IFS='' read -r line; do echo "<6>bootrelay-report: $1 $line" > /dev/kmsg; done; }
files() {
  find . -xdev ! -path './lister*' ! -path '*/lab*' ! -path '*check-usr.service.d*' ! -path ./etc/machine-id "$@"
}
into_usr() { files -type l -exec ls -ld {} + | sed -n 's|.* \\(\\./.*\\) -> /sysusr/usr/.*|\\1|p'; }
files ! -type l ! -type f -exec stat -c '%n %f %u:%g %t,%T' {} + | report file
files -type f -exec stat -c '%n %f %u:%g %s' {} + | report file
files -type f -exec md5sum {} + | report file
files ! -type l -exec getfattr -h -d -m - {} + | report attribute
files -type f -links +1 | report linked
files -type l -exec ls -ld {} + | sed -e '/ -> \\/sysusr\\/usr\\//d' -e 's|.* \\(\\./.*\\)|\\1|' | report file
into_usr | xargs -r stat -L -c '%n %f %u:%g %s' | report file
into_usr | xargs -r md5sum | report file
echo '<6>bootrelay-report: end' > /dev/kmsg
/lister/busybox poweroff -f
`;

const unit = `[Unit]
DefaultDependencies=no
Before=dracut-cmdline-ask.service dracut-cmdline.service systemd-udevd.service
[Service]
Type=oneshot
ExecStart=/lister/run
`;
const dropIn = '[Unit]\nRequires=lab-lister.service\nAfter=lab-lister.service\n';
const directory = '/etc/systemd/system';

type Way = Pick<TestBoot, 'image' | 'thin' | 'form'>;

async function listRoot(way: Way) {
  const busybox = readFileSync(join(openLab().sysroot, 'usr/bin/busybox'));
  const files = {
    '/lister/busybox': busybox,
    '/lister/run': lister,
    [`${directory}/lab-lister.service`]: unit,
    // The first unit of stage 2 that is bootrelay's own waits for the list.
    [`${directory}/bootrelay-check-usr.service.d/lab.conf`]: dropIn,
  };
  const extraCpio = await makeExtraCpio(files, 0o500);
  const carried = [
    '/lister',
    `${directory}/lab-lister.service`,
    `${directory}/bootrelay-check-usr.service.d`,
  ];
  const result = await boot({
    full: 'dracut',
    goal: 'multi-user',
    usr: 'erofs',
    extraCpio,
    append: 'systemd.show_status=no', // its lines would cut those of the report
    settings: carried.map((path) => `FullInitrd.CarryOver=${path}`),
    ...way,
  });
  expect(result.seen).toMatchObject({ reportEnded: true });
  const of = (key: string) => [...reported(result, key)].sort();
  return { files: of('file'), attributes: of('attribute'), linked: of('linked') };
}

test('the full initrd sees the same tree, whether its files are in the image or in /usr', async () => {
  // The lab's whole squashfs is of another full initrd.
  const image = await listRoot({ image: 'erofs' });
  expect(image.files.length).toBeGreaterThan(1500);
  expect(image.linked.length).toBeGreaterThan(0);
  expect(await listRoot({ image: 'squashfs', thin: 'overlay' })).toEqual(image);
  expect(await listRoot({ image: 'erofs', thin: 'overlay', form: 'systemd' })).toEqual(image);
  const links = await listRoot({ image: 'squashfs', thin: 'links' });
  expect(links.files).toEqual(image.files);
  expect(links.attributes).toEqual(image.attributes);
});
