/** What the loader of a tree itself says, with the tree as its root and in namespaces of its own: it loads libraries and runs nothing. */
import { spawnSync } from 'node:child_process';
import { linkingOf } from '../../src/sysroot/linking.ts';

/** By program: the files that it gets, as the loader names them, and names that are not found. */
export type Loads = ReadonlyMap<
  string,
  { readonly files: readonly string[]; readonly missing: readonly string[] }
>;

/** `shell`, a program of the tree, starts each; only dynamic programs may be asked for: others would run. */
export function loadsOf(
  tree: string,
  shell: readonly string[],
  programs: readonly string[],
  preload = '',
): Loads {
  const script = 'for p; do echo "== $p"; LD_PRELOAD=$PRELOAD LD_TRACE_LOADED_OBJECTS=1 "$p"; done; true';
  const enter = 'mount --rbind /proc "$1/proc" && exec chroot "$@"';
  const args = [
    '--map-root-user',
    '--mount',
    'sh',
    '-c',
    enter,
    'sh',
    tree,
    ...shell,
    '-c',
    script,
    'sh',
    ...programs,
  ];
  const { status, stdout, stderr } = spawnSync('unshare', args, {
    encoding: 'utf8',
    env: { PATH: process.env.PATH ?? '', PRELOAD: preload },
    maxBuffer: 1 << 28,
  });
  if (status !== 0) throw new Error(`the loader could not be asked: ${stderr}`);
  const blocks = stdout.split(/^== /m).slice(1);
  const unheard = /object '([^']+)' from LD_PRELOAD cannot be preloaded/g;
  const missing = [...stderr.matchAll(unheard)].map(([, name = '']) => name);
  return new Map(
    blocks.map((block) => {
      const [program = '', ...lines] = block.split('\n');
      const files = lines.flatMap((line) => /^\t(?:\S+ => )?(\/\S+) \(0x/.exec(line)?.[1] ?? []);
      const absent = lines.flatMap((line) => /^\t(\S+) => not found/.exec(line)?.[1] ?? []);
      return [program, { files, missing: [...absent, ...missing] }] as const;
    }),
  );
}

/** Whether a file is a program that a loader starts. */
export function isDynamic(content: Buffer): boolean {
  return linkingOf(content)?.interpreter !== undefined;
}
