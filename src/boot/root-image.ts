/** The root partition of a test machine: the sysroot, by default without /usr, and the unit that reports. */
import { chmodSync, mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { renderTemplate } from '../render/templates.ts';
import { ext4FromDirectoryArgs } from '../tools/images.ts';
import { run } from '../tools/run.ts';
import { ext4SizeFor } from './ext4-size.ts';
import { copyTree } from './usr-image.ts';

const rootUuid = 'b0074e1a-0000-4000-8000-000000000003';
/** For what the booted machine writes: its journal, caches, machine ID. */
const free = 256 * 1024 ** 2;

/** What the machine gets as empty directories, or does not need. */
const leftOut = ['usr', 'boot', 'dev', 'proc', 'sys', 'run', 'tmp', 'mnt', 'media', 'initrd.img', 'vmlinuz'];
const mountPoints = ['usr', 'boot', 'dev', 'proc', 'sys', 'run', 'tmp'];

/** Makes the ext4 image of the root partition. Owners are those of the sysroot's files. Throws ToolError. */
export async function makeRootImage(options: {
  sysroot: string;
  output: string;
  work: string;
  /** Its /usr is on no other partition. */
  usr?: boolean;
  /** Makes another file system of the tree, which it may take away; by default an ext4. */
  make?: (tree: string) => Promise<void>;
}): Promise<void> {
  const tree = join(options.work, 'root');
  mkdirSync(tree);
  const without = leftOut.filter((name) => name !== 'usr' || options.usr !== true);
  const names = readdirSync(options.sysroot).filter((name) => !without.includes(name.replace(/\.old$/, '')));
  for (const name of names) await copyTree(join(options.sysroot, name), join(tree, name));
  for (const name of mountPoints) mkdirSync(join(tree, name), { recursive: true });
  chmodSync(join(tree, 'tmp'), 0o1777);
  addReport(tree);
  const asExt4 = async () => {
    await run(ext4FromDirectoryArgs(options.output, tree, ext4SizeFor(tree, free), rootUuid));
  };
  await (options.make ?? asExt4)(tree);
  rmSync(tree, { recursive: true, force: true });
}

function addReport(tree: string): void {
  const units = join(tree, 'etc/systemd/system');
  const wants = join(units, 'multi-user.target.wants');
  mkdirSync(wants, { recursive: true });
  mkdirSync(join(tree, 'etc/bootrelay'), { recursive: true });
  writeFileSync(join(tree, 'etc/bootrelay/report.sh'), renderTemplate('templates/boot/report.sh', {}), {
    mode: 0o755,
  });
  writeFileSync(
    join(units, 'bootrelay-report.service'),
    renderTemplate('templates/boot/bootrelay-report.service', { fromCredential: false }),
  );
  rmSync(join(wants, 'bootrelay-report.service'), { force: true });
  symlinkSync('../bootrelay-report.service', join(wants, 'bootrelay-report.service'));
}
