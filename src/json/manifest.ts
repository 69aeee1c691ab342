/** manifest.json of a build: everything that went in, by hash. No paths of the machine, no times. */
import * as v from 'valibot';
import { formatNames } from './format-names.ts';

const hash = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/));
const image = { sha256: hash, size: v.number() };

const fileSchema = v.object({
  path: v.string(),
  type: v.picklist(['file', 'link', 'char', 'dir']),
  /** What it is there for, as the table of sizes has it. */
  part: v.string(),
  /** In octal; a link has none. */
  mode: v.optional(v.string()),
  /** Bytes of a file. */
  size: v.optional(v.number()),
  sha256: v.optional(hash),
  /** The package URLs of what a file is from: none where no package owns it; absent where that is not known. */
  packages: v.optional(v.array(v.string())),
  /** Where a link leads. */
  target: v.optional(v.string()),
  /** MAJOR:MINOR of a device node. */
  device: v.optional(v.string()),
});

export const manifestSchema = v.object({
  format: v.literal(formatNames.manifest),
  /** The version of bootrelay that built it. */
  bootrelay: v.string(),
  platform: v.string(),
  /** The kernel's version. */
  kernel: v.string(),
  initrd: v.object({
    ...image,
    uncompressedSize: v.number(),
    /** What the kernel needs while it unpacks, in bytes. */
    memory: v.object({ packed: v.number(), files: v.number(), decompressor: v.number() }),
  }),
  /** The image of the full initrd, where the build was told of it; of one that is not for /usr its hash tree's root, and the hash of what is before the tree. */
  fullInitrd: v.optional(
    v.object({
      ...image,
      tree: v.optional(
        v.object({ rootHash: v.pipe(v.string(), v.regex(/^(?:[0-9a-f]{64}|[0-9a-f]{128})$/)), data: hash }),
      ),
    }),
  ),
  parts: v.array(
    v.object({
      part: v.string(),
      files: v.number(),
      /** Bytes before compression. */
      size: v.number(),
      /** The part's share of the compressed image, 0 to 1. */
      share: v.number(),
    }),
  ),
  files: v.array(fileSchema),
  /** The packages that the files are from, by package URL; absent where nobody asked. */
  packages: v.optional(
    v.record(
      v.string(),
      v.object({ name: v.string(), version: v.string(), license: v.optional(v.string()) }),
    ),
  ),
  /** Section.Key -> values; of a secret one only whether it changed. */
  settings: v.record(v.string(), v.array(v.string())),
  /** Program -> version. */
  tools: v.record(v.string(), v.string()),
});

export type Manifest = v.InferOutput<typeof manifestSchema>;
export type ManifestFile = Manifest['files'][number];
