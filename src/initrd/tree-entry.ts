/** An entry of the tree of an initrd. */
import type { Range } from './input.ts';

interface Attributes {
  /** Relative to the root, without / at its ends; empty for the root itself. */
  readonly path: string;
  /** Permissions with setuid, setgid and sticky. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
}

export type FileEntry = Attributes & { readonly type: 'file'; readonly data: Range };

export type TreeEntry =
  | FileEntry
  | (Attributes & { readonly type: 'directory' | 'fifo' })
  | (Attributes & { readonly type: 'socket' })
  /** The target is bytes: whatever they are, the kernel makes the link. */
  | (Attributes & { readonly type: 'symlink'; readonly target: Buffer })
  /** Another name of the file at `target`, which comes before it. */
  | (Attributes & { readonly type: 'link'; readonly target: string })
  | (Attributes & {
      readonly type: 'character-device' | 'block-device';
      readonly major: number;
      readonly minor: number;
    });
