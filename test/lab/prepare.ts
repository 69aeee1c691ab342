/** Runs once before the tests that need the lab: the images and /usr file systems that they share. */
import {
  chmodSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { ImageFault } from '../../src/boot/faults/fault.ts';
import { faults } from '../../src/boot/faults/faults.ts';
import { isOnPartition } from '../../src/boot/faults/image-host-faults.ts';
import { probeAccelerator } from '../../src/boot/guest.ts';
import { makeRootImage } from '../../src/boot/root-image.ts';
import { addHashTree, makeUsrImage } from '../../src/boot/usr-image.ts';
import { imageFormatOf } from '../../src/config/image-format.ts';
import { formatFinding, hasErrors } from '../../src/findings.ts';
import type { TreeEntry } from '../../src/initrd/tree-entry.ts';
import { compileOwnProgram } from '../../src/minimal/own-programs.ts';
import { addedCheck } from '../../src/pack/added-check.ts';
import { packFullInitrd } from '../../src/pack/pack.ts';
import { planBoot } from '../../src/plan/plan.ts';
import { ownProgramPath } from '../../src/render/full-initrd.ts';
import { renderPlatform } from '../../src/render/platform.ts';
import { textAt } from '../../src/render/tree.ts';
import { findKernelImage } from '../../src/sysroot/kernel.ts';
import { placeLibraries } from '../../src/sysroot/libraries.ts';
import { treeOfSysroot } from '../../src/sysroot/sysroot-tree.ts';
import { toolsTreeVariable } from '../../src/tools/programs.ts';
import { run } from '../../src/tools/run.ts';
import { faultRows } from '../boot/fault-rows.ts';
import { configure } from '../config/platform-files.ts';
import { faultImagePath, type Lab, openLab, rarerUsr, sharedFile, sharedImages, sharedUsr } from './lab.ts';

export default async function prepare(): Promise<void> {
  const lab = openLab();
  process.env[toolsTreeVariable] = lab.tools;
  rmSync(lab.shared, { recursive: true, force: true });
  mkdirSync(lab.shared);
  writeFileSync(join(lab.shared, 'fault-rows.json'), JSON.stringify(faultRows));
  const probe = join(lab.shared, 'probe.cpio');
  await makeProbe(lab, probe);
  const { fullInitrd, monolithicInitrd } = lab;
  const files = await Promise.all(
    (['squashfs', 'erofs'] as const).flatMap((fileSystem) => [
      // One of the two is an initrd that knows nothing of bootrelay and has no dmsetup: packing adds the check of /usr.
      packShared(lab, {
        initrd: fileSystem === 'squashfs' ? monolithicInitrd : fullInitrd,
        fileSystem,
        target: sharedImages.dracut[fileSystem],
        addCheck: fileSystem === 'squashfs',
      }),
      packShared(lab, { initrd: probe, fileSystem, target: sharedImages.probe[fileSystem] }),
      ...(['overlay', 'links'] as const).map((kind) =>
        packShared(lab, { initrd: fullInitrd, fileSystem, target: sharedImages[kind][fileSystem], kind }),
      ),
    ]),
  );
  for (const fault of Object.values(faults)) {
    if (!fault.image || fault.image.absent || isOnPartition(fault)) continue;
    const target = faultImagePath(fault);
    files.push(await packShared(lab, { initrd: probe, fileSystem: 'erofs', target, fault: fault.image }));
  }
  await Promise.all([
    makeRootImage({ sysroot: lab.sysroot, output: join(lab.shared, 'root.img'), work: workDirectory(lab) }),
    ...(['erofs', 'btrfs'] as const).map((fileSystem) => makeSharedUsr(lab, fileSystem, files)),
  ]);
  process.env.BOOTRELAY_TEST_ACCELERATOR = await accelerator(lab);
}

function workDirectory(lab: Lab): string {
  return mkdtempSync(join(lab.shared, 'work-'));
}

/** A full initrd of busybox, one script, bootrelay's own program, which checks, and dmsetup, which says what there is. */
async function makeProbe({ sysroot }: Lab, output: string): Promise<void> {
  const tree = mkdtempSync(join(tmpdir(), 'bootrelay-probe-'));
  mkdirSync(join(tree, 'bin'));
  cpSync(join(sysroot, 'usr/bin/busybox'), join(tree, 'bin/busybox'));
  for (const applet of [
    'sh',
    'grep',
    'sed',
    'tail',
    'cat',
    'find',
    'stat',
    'ls',
    'touch',
    'poweroff',
    'tr',
    'sleep',
    'true',
    'mount',
  ]) {
    symlinkSync('busybox', join(tree, 'bin', applet));
  }
  for (const name of ['lib', 'lib64']) symlinkSync(`usr/${name}`, join(tree, name));
  const dmsetup = { path: '/usr/sbin/dmsetup', from: '/usr/sbin/dmsetup' };
  const { placed } = placeLibraries(treeOfSysroot(sysroot), [dmsetup]);
  for (const [path, place] of [...placed, [dmsetup.path, dmsetup] as const]) {
    mkdirSync(dirname(join(tree, path)), { recursive: true });
    if ('from' in place) cpSync(join(sysroot, place.from), join(tree, path), { dereference: true });
    else symlinkSync(place.target, join(tree, path));
  }
  symlinkSync('../usr/sbin/dmsetup', join(tree, 'bin/dmsetup'));
  mkdirSync(dirname(join(tree, ownProgramPath)), { recursive: true });
  await compileOwnProgram('dm-create', 'x86-64', join(tree, ownProgramPath));
  cpSync(new URL('probe-init.sh', import.meta.url).pathname, join(tree, 'init'));
  chmodSync(join(tree, 'init'), 0o755);
  // The check of /usr as bootrelay renders it for each file system, and /usr/bin/true for an init that ends at once.
  for (const fileSystem of [...Object.keys(sharedUsr), ...rarerUsr]) {
    const several = rarerUsr.some((name) => name === fileSystem);
    const config = configure(`Usr.FileSystem=${several ? ['btrfs', ...rarerUsr].join(' ') : fileSystem}`);
    const check = textAt(renderPlatform(config, planBoot(config, [])), 'full/90bootrelay/check-usr') ?? '';
    writeFileSync(join(tree, `check-usr-${fileSystem}`), check, { mode: 0o755 });
  }
  const onPartition = configure(
    'FullInitrd.Host=partition',
    'FullInitrd.HostDevice=LABEL=ESP',
    'Verity.Name=image',
    'Verity.RootHash=image',
  );
  const ofImage =
    textAt(renderPlatform(onPartition, planBoot(onPartition, [])), 'full/90bootrelay/check-image') ?? '';
  writeFileSync(join(tree, 'check-image'), ofImage, { mode: 0o755 });
  mkdirSync(join(tree, 'usr/bin'), { recursive: true });
  symlinkSync('../../bin/busybox', join(tree, 'usr/bin/true'));
  mkdirSync(join(tree, 'etc'));
  for (const name of ['os-release', 'initrd-release']) writeFileSync(join(tree, 'etc', name), 'ID=probe\n');
  await run({ program: 'bsdtar', args: ['--format=newc', '-C', tree, '-cf', output, '.'] });
  rmSync(tree, { recursive: true });
}

interface SharedImage {
  readonly initrd: string;
  readonly fileSystem: 'squashfs' | 'erofs';
  readonly target: string;
  readonly kind?: 'overlay' | 'links';
  readonly addCheck?: boolean;
  readonly fault?: ImageFault;
}

async function packShared(lab: Lab, { initrd, fileSystem, target, kind, addCheck, fault }: SharedImage) {
  const output = sharedFile(target);
  const config = configure(`FullInitrd.FileSystem=${fileSystem}`);
  const thin = kind && { kind, usr: join(lab.sysroot, 'usr') };
  const work = workDirectory(lab);
  const options = { config, plan: planBoot(config, []), initrd, sysroot: lab.sysroot, work };
  const { findings } = await packFullInitrd({
    initrd,
    format: imageFormatOf(config.settings),
    thin,
    output,
    work,
    change: addCheck ? withoutDmsetup : fault?.tree,
    add: addCheck ? (tree) => addedCheck(withoutDmsetup(tree), options) : undefined,
  });
  if (hasErrors(findings)) throw new Error(findings.map(formatFinding).join('\n'));
  if (fault?.change) writeFileSync(output, fault.change(readFileSync(output)));
  return { source: output, target };
}

/** As an initrd is that was made without it: neither dmsetup nor the rules that call it. */
function withoutDmsetup(tree: readonly TreeEntry[]): readonly TreeEntry[] {
  return tree.filter(({ path }) => !/\/dmsetup$|\/rules\.d\/[^/]*-dm(-[^/]*)?\.rules$/.test(path));
}

async function makeSharedUsr(
  lab: Lab,
  fileSystem: 'erofs' | 'btrfs',
  files: readonly { source: string; target: string }[],
): Promise<void> {
  const output = join(lab.shared, sharedUsr[fileSystem]);
  await makeUsrImage({ sysroot: lab.sysroot, files, fileSystem, output, work: workDirectory(lab) });
  await run({ program: 'cp', args: ['--sparse=always', '--', output, `${output}.data`] });
  writeFileSync(`${output}.roothash`, await addHashTree(output));
}

async function accelerator(lab: Lab): Promise<string> {
  const kernel = findKernelImage(lab.sysroot, lab.kernel) ?? '';
  const guest = {
    architecture: 'x86-64',
    kernel,
    commandLine: 'console=ttyS0 panic=-1',
    disks: [],
    memory: 512,
  } as const;
  return probeAccelerator(guest, join(lab.shared, 'kvm-probe.log'));
}
