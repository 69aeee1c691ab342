import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { openLab } from '../lab/lab.ts';
import { boot, makeExtraCpio, reported, type TestBoot } from './boots.ts';

/** Starts instead of the full initrd's init: reports every file of its root, and what is in it. */
const lister = `#!/lister/busybox sh
busybox=/lister/busybox
report() { echo "<6>bootrelay-report: $*" > /dev/kmsg; }
describe() { # PATH: mode, owner, device, size and hash; \`follow\` is -L for a link into /usr
  facts=$($busybox stat $follow -c '%f %u:%g %t,%T' "$1")
  if [ -f "$1" ]; then facts="$facts $($busybox stat $follow -c %s "$1") $($busybox md5sum < "$1")"; fi
  report "file $1 $facts $($busybox getfattr -h -d -m - "$1" 2> /dev/null | $busybox tr '\n' ' ')"
}
cd /
$busybox find . -xdev ! -path './lister*' | $busybox sort | while IFS='' read -r path; do
  follow=''
  if [ -L "$path" ]; then
    target=$($busybox readlink "$path")
    case $target in
      /sysusr/usr/*) follow=-L ;;
      *) report "file $path link $target"; continue ;;
    esac
  fi
  describe "$path"
done
report "links $($busybox find . -xdev -type f -links +1 ! -path './lister*' | $busybox sort | $busybox tr '\n' ' ')"
report end
$busybox poweroff -f
`;

type Way = Pick<TestBoot, 'image' | 'thin' | 'form'>;

async function listRoot(way: Way) {
  const busybox = readFileSync(join(openLab().sysroot, 'usr/bin/busybox'));
  const extraCpio = await makeExtraCpio({ '/lister/busybox': busybox, '/lister/init': lister }, 0o500);
  const result = await boot({
    full: 'dracut',
    goal: 'multi-user',
    usr: 'erofs',
    extraCpio,
    settings: ['FullInitrd.CarryOver=/lister', 'FullInitrd.Init=/lister/init', 'Devices.Timeout=10s'],
    ...way,
  });
  expect(result.seen).toMatchObject({ reportEnded: true });
  return { files: reported(result, 'file'), links: reported(result, 'links') };
}

test('the full initrd sees the same tree, whether its files are in the image or in /usr', async () => {
  const image = await listRoot({ image: 'squashfs' });
  expect(image.files.length).toBeGreaterThan(1000);
  const overlay = await listRoot({ image: 'squashfs', thin: 'overlay' });
  expect(overlay).toEqual(image);
  const other = await listRoot({ image: 'erofs', thin: 'overlay', form: 'systemd' });
  expect(other.links).toEqual(image.links);
  // What systemd of stage 1 mounts and links in /dev, /run and so on is on other file systems.
  expect(other.files).toEqual(image.files);
  const links = await listRoot({ image: 'squashfs', thin: 'links' });
  expect(links.files).toEqual(image.files);
});
