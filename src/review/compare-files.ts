/** Files that came, went or changed, and hardware that loses its driver with them. */
import type { InitrdFile } from '../initrd/files.ts';

export interface FileChange {
  readonly path: string;
  readonly part: string;
  readonly change: 'added' | 'removed' | 'changed';
  /** Bytes; 0 on a side that does not have the file. */
  readonly oldSize: number;
  readonly newSize: number;
  /** What changed besides the content: `mode 0755 -> 0644`. */
  readonly attributes: readonly string[];
}

/** A driver that one side lacks, with the devices that nothing else there drives. */
export interface DriverChange {
  readonly module: string;
  readonly change: 'lost' | 'gained';
  /** modalias patterns. */
  readonly devices: readonly string[];
}

/** Files by path, in order: those that came, those that went, and those that changed. */
export function compareFiles(
  old: ReadonlyMap<string, InitrdFile>,
  fresh: ReadonlyMap<string, InitrdFile>,
): readonly FileChange[] {
  const paths = [...new Set([...old.keys(), ...fresh.keys()])].sort();
  return paths.flatMap((path): readonly FileChange[] => {
    const [before, after] = [old.get(path), fresh.get(path)];
    const part = (after ?? before)?.part ?? '';
    // A directory is no change of its own: what is in it is one.
    if ((!before || !after) && (before ?? after)?.type === 'dir') return [];
    const sizes = { oldSize: before?.size ?? 0, newSize: after?.size ?? 0 };
    if (!before) return [{ path, part, change: 'added', ...sizes, attributes: [] }];
    if (!after) return [{ path, part, change: 'removed', ...sizes, attributes: [] }];
    const attributes = changedAttributes(before, after);
    if (attributes.length === 0 && before.content === after.content) return [];
    return [{ path, part, change: 'changed', ...sizes, attributes }];
  });
}

function changedAttributes(old: InitrdFile, fresh: InitrdFile): readonly string[] {
  return (['type', 'mode', 'owner'] as const)
    .filter((name) => old[name] !== fresh[name])
    .map((name) => `${name} ${old[name]} -> ${fresh[name]}`);
}

/** Drivers by module whose devices have no driver on the other side. */
export function driversWithoutModule(
  old: ReadonlyMap<string, string>,
  fresh: ReadonlyMap<string, string>,
): readonly DriverChange[] {
  return [...onlyIn(old, fresh, 'lost'), ...onlyIn(fresh, old, 'gained')];
}

function onlyIn(
  side: ReadonlyMap<string, string>,
  other: ReadonlyMap<string, string>,
  change: DriverChange['change'],
): readonly DriverChange[] {
  const devices = new Map<string, string[]>();
  for (const [pattern, module] of side)
    if (!other.has(pattern)) devices.set(module, [...(devices.get(module) ?? []), pattern]);
  return [...devices].map(([module, patterns]) => ({ module, change, devices: patterns }));
}
