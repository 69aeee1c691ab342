/** What a name on the command line stands for -> a side of a comparison. */
import { existsSync, readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import { unknownPackages } from '../bom/cyclonedx.ts';
import { effectiveSettings } from '../config/effective.ts';
import { shownValues } from '../config/secrets.ts';
import type { PlatformConfig } from '../config/validate.ts';
import { size as sizeType } from '../config/value-types/sizes.ts';
import { ComparisonError } from '../errors.ts';
import { readInitrdFiles } from '../initrd/files.ts';
import { isPublic } from '../initrd/public.ts';
import { billSchema } from '../json/cyclonedx.ts';
import { parseJson } from '../json/formats.ts';
import type { Manifest } from '../json/manifest.ts';
import { bootrelayVersion } from '../package.ts';
import type { BootPlan } from '../plan/boot-plan.ts';
import { sourceOf } from '../plan/source.ts';
import { renderPlatform } from '../render/platform.ts';
import { type SidePackages, versionsOf } from './compare-packages.ts';
import { readManifest, readPlan } from './read-json.ts';
import type { Side } from './side.ts';

/** The names of a build's files in its directory. */
const [manifestName, imageName, planName] = ['manifest.json', 'initrd.img', 'plan.json'];

/** A platform without errors, with its rendered text. `name` is as the user gave it. */
export function sideOfPlatform(name: string, config: PlatformConfig, plan: BootPlan): Side {
  const settings = effectiveSettings(config).map(
    ({ row: { name }, values }) =>
      [name, { values: shownValues(name, values), origin: sourceOf(config, name) }] as const,
  );
  // The words of explain.txt are there as steps already.
  const rendered = [...renderPlatform(config, plan)].filter(
    ([path, file]) => path !== 'explain.txt' && ('target' in file || isPublic(path, file.mode)),
  );
  const texts = rendered.map(
    ([path, file]) => [path, 'text' in file ? file.text : linkText(file.target)] as const,
  );
  return {
    name,
    kind: 'platform',
    platform: config.name,
    settings: new Map(settings),
    plan,
    texts: new Map(texts),
  };
}

/** A file or directory of this machine; `work` takes what is decompressed. Throws ComparisonError, InitrdError, ToolError. */
export async function readSide(path: string, work: string): Promise<Side> {
  if (!existsSync(path)) throw new ComparisonError(`there is no ${path}`);
  if (!statSync(path).isDirectory())
    return path.endsWith('.cdx.json') ? readBill(path) : readInitrd(path, work);
  if (existsSync(join(path, manifestName))) return readBuild(path, work);
  if (existsSync(join(path, 'explain.txt'))) return readRenderedTree(path);
  throw new ComparisonError(
    `${path} is neither a build (no ${manifestName}) nor a rendered tree (no explain.txt) nor a directory with platform files`,
  );
}

async function readInitrd(path: string, work: string): Promise<Side> {
  const boot = { size: statSync(path).size, budget: 0 };
  return { name: path, kind: 'initrd', boot, ...(await readInitrdFiles(path, work)) };
}

async function readBuild(path: string, work: string): Promise<Side> {
  const manifest = readManifest(join(path, manifestName));
  const image = join(path, imageName);
  const size = statSync(image, { throwIfNoEntry: false })?.size;
  if (size !== manifest.initrd.size)
    throw new ComparisonError(
      `${path} is not complete: its ${imageName} has ${size ?? 'no'} bytes, not the ${manifest.initrd.size} of its manifest`,
    );
  // Another release may write another kind of plan, so only that of this release is read.
  const plan = manifest.bootrelay === bootrelayVersion() ? readPlan(join(path, planName)) : undefined;
  const contents = await readInitrdFiles(image, work);
  const parts = new Map(manifest.files.map((file) => [file.path, file.part]));
  const files = [...contents.files].map(
    ([name, file]) => [name, { ...file, part: parts.get(name) ?? file.part }] as const,
  );
  const settings = Object.entries(manifest.settings).map(
    ([name, values]) => [name, { values: shownValues(name, values), origin: undefined }] as const,
  );
  return {
    ...contents,
    name: path,
    kind: 'build',
    platform: manifest.platform,
    files: new Map(files),
    settings: new Map(settings),
    ...(plan && { plan }),
    ...(manifest.packages && { packages: packagesOfManifest(manifest, manifest.packages) }),
    boot: { size: manifest.initrd.size, budget: budgetOf(manifest, 'Initrd') },
    ...(manifest.fullInitrd && {
      usr: { size: manifest.fullInitrd.size, budget: budgetOf(manifest, 'FullInitrd') },
      ...(manifest.fullInitrd.tree && { tree: manifest.fullInitrd.tree }),
    }),
  };
}

function packagesOfManifest({ files }: Manifest, packages: NonNullable<Manifest['packages']>): SidePackages {
  const unowned = files.filter((file) => file.packages?.length === 0).map(({ path }) => path);
  return { versions: versionsOf(Object.values(packages)), unowned };
}

/** A CycloneDX file that `build` or `pack` wrote, or another tool. */
function readBill(path: string): Side {
  const parsed = v.safeParse(billSchema, parseJson(readFileSync(path, 'utf8')));
  if (!parsed.success)
    throw new ComparisonError(`${path} is no bill of materials as CycloneDX has it, or is cut off`);
  const { components, metadata } = parsed.output;
  if (metadata?.properties?.some(({ name }) => name === unknownPackages.name))
    throw new ComparisonError(`${path} does not know which packages its files are from`);
  const packages = components.filter(({ type }) => type !== 'file');
  const versions = versionsOf(packages.map(({ name, version = '' }) => ({ name, version })));
  const unowned = components.filter(({ type }) => type === 'file').map(({ name }) => name);
  return { name: path, kind: 'bill of materials', packages: { versions, unowned } };
}

/** Bytes of a budget as the manifest has it, with the unit that the platform gave it; 0 is none. */
function budgetOf({ settings }: Manifest, section: 'Initrd' | 'FullInitrd'): number {
  const parsed = sizeType.parse(settings[`${section}.SizeBudget`]?.[0] ?? '0');
  return 'value' in parsed ? parsed.value : 0;
}

function readRenderedTree(path: string): Side {
  const entries = readdirSync(path, { recursive: true, withFileTypes: true });
  const texts = entries.flatMap((entry) => {
    const file = join(entry.parentPath, entry.name);
    const name = file.slice(join(path, '/').length);
    if (entry.isSymbolicLink()) return [[name, linkText(readlinkSync(file))] as const];
    if (!entry.isFile() || !isPublic(name, statSync(file).mode)) return [];
    return [[name, readFileSync(file, 'utf8')] as const];
  });
  return { name: path, kind: 'rendered tree', texts: new Map(texts) };
}

/** The text that stands for a link to `target`. */
function linkText(target: string): string {
  return `a link to ${target}\n`;
}
