/** What a name on the command line stands for -> a side of a comparison. */
import { existsSync, readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Manifest } from '../build/manifest.ts';
import { effectiveSettings } from '../config/effective.ts';
import type { PlatformConfig } from '../config/validate.ts';
import { readInitrdFiles } from '../pack/initrd-files.ts';
import type { BootPlan } from '../plan/boot-plan.ts';
import { sourceOf } from '../plan/source.ts';
import { renderPlatform } from '../render/platform.ts';
import { ComparisonError } from './compare.ts';
import type { Side } from './side.ts';

/** The names that a build's files have in its directory. */
const [manifestName, imageName, planName] = ['manifest.json', 'initrd.img', 'plan.json'];

export function sideOfPlatform(name: string, config: PlatformConfig, plan: BootPlan): Side {
  const settings = effectiveSettings(config).map(
    ({ row, values }) => [row.name, { values, where: sourceOf(config, row.name) }] as const,
  );
  // The boot in words is there as steps.
  const rendered = [...renderPlatform(config, plan)].filter(([path]) => path !== 'explain.txt');
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
  if (!statSync(path).isDirectory()) return readInitrd(path, work);
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
  if (!existsSync(image))
    throw new ComparisonError(`${path} is a build without its ${imageName}: it is not complete`);
  const contents = await readInitrdFiles(image, work);
  const parts = new Map(
    (manifest.files as readonly { path: string; part: string }[]).map((file) => [file.path, file.part]),
  );
  const files = [...contents.files].map(
    ([name, file]) => [name, { ...file, part: parts.get(name) ?? file.part }] as const,
  );
  const settings = Object.entries(manifest.settings).map(
    ([name, values]) => [name, { values, where: undefined }] as const,
  );
  const budgetOf = (section: string) => Number(manifest.settings[`${section}.SizeBudget`]?.[0] ?? 0);
  const plan = readPlan(join(path, planName));
  return {
    ...contents,
    name: path,
    kind: 'build',
    platform: manifest.platform,
    files: new Map(files),
    settings: new Map(settings),
    ...(plan && { plan }),
    boot: { size: manifest.initrd.size, budget: budgetOf('Initrd') },
    ...(manifest.fullInitrd && {
      usr: { size: manifest.fullInitrd.size, budget: budgetOf('FullInitrd') },
    }),
  };
}

/** The plan that was built; builds of older releases have none. */
function readPlan(file: string): BootPlan | undefined {
  if (!existsSync(file)) return undefined;
  try {
    const plan = JSON.parse(readFileSync(file, 'utf8')) as BootPlan;
    if (Array.isArray(plan.steps)) return plan;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  throw new ComparisonError(`${file} is no boot plan of a build, or cut off`);
}

function readManifest(file: string): Manifest {
  try {
    const manifest = JSON.parse(readFileSync(file, 'utf8')) as Manifest;
    if (manifest.settings && manifest.initrd && Array.isArray(manifest.files)) return manifest;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  throw new ComparisonError(`${file} is no manifest of a build, or cut off`);
}

function readRenderedTree(path: string): Side {
  const entries = readdirSync(path, { recursive: true, withFileTypes: true });
  const texts = entries.flatMap((entry) => {
    const file = join(entry.parentPath, entry.name);
    const name = file.slice(join(path, '/').length);
    if (entry.isSymbolicLink()) return [[name, linkText(readlinkSync(file))] as const];
    return entry.isFile() ? [[name, readFileSync(file, 'utf8')] as const] : [];
  });
  return { name: path, kind: 'rendered tree', texts: new Map(texts) };
}

/** What stands for a link among texts. */
function linkText(target: string): string {
  return `a link to ${target}\n`;
}
