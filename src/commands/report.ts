/** `bootrelay report`: one HTML file for a reviewer, of one thing or of two that are compared. */
import { lstatSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { UsageError } from '../errors.ts';
import { hasErrors } from '../findings.ts';
import { configurationFailed, uniqueFindings } from '../host/platforms.ts';
import { withProgress } from '../host/progress.ts';
import { replaceFile } from '../host/replace-file.ts';
import type { CommandResult } from '../host/result.ts';
import { locate, sideAt } from '../host/sides.ts';
import { withWorkDirectory } from '../host/temporary.ts';
import { compareSides } from '../review/compare.ts';
import { readMeasuredBoot } from '../review/read-json.ts';
import { readSide } from '../review/read-side.ts';
import type { Side } from '../review/side.ts';
import { formatBytes } from '../text/bytes.ts';

export interface ReportArguments {
  /** One input, or the old and the new one. */
  readonly inputs: readonly string[];
  readonly set: readonly string[];
  /** The HTML file to write. */
  readonly output: string;
  /** A build of it, or an initrd, for what it is made of. */
  readonly build: string | undefined;
  /** What `bootrelay boot --output` left, for the timeline. */
  readonly boot: string | undefined;
  readonly json: boolean;
}

/** Exit code 0 also where there are differences: the page is for reading. Nothing is written where there are errors. */
export async function report(args: ReportArguments): Promise<CommandResult> {
  if (args.inputs.length > 2) throw new UsageError('report takes one input, or two to compare: OLD NEW');
  requireOutput(args);
  const measured = args.boot === undefined ? undefined : readMeasuredBoot(join(args.boot, 'timeline.json'));
  return withWorkDirectory((work) =>
    withProgress(args.json, async (progress) => {
      progress.begin(`reading ${args.inputs.join(' and ')}`);
      const loaded = [];
      for (const place of args.inputs.map(locate)) {
        if (place.platforms !== undefined && place.platforms.length > 0)
          throw new UsageError(`${place.name} is a directory of platforms: name one; diff takes directories`);
        loaded.push(await sideAt(place, args.set, work));
      }
      const findings = uniqueFindings(loaded.flatMap((side) => side.findings));
      const sides = loaded.flatMap(({ side }) => side ?? []);
      const subject = sides.at(-1);
      if (!subject || hasErrors(findings)) return configurationFailed('report', findings);
      const built = args.build === undefined ? undefined : await readSide(args.build, work);
      const old = sides.length === 2 ? sides[0] : undefined;
      progress.begin('drawing');
      // Its libraries take longer to load than most commands to run.
      const { formatReport } = await import('../report/report.ts');
      const page = await formatReport({
        side: withBuild(subject, built),
        comparison: old && compareSides(old, subject),
        measured,
        findings: loaded.at(-1)?.findings ?? [],
      });
      await replaceFile(args.output, (fresh) => writeFileSync(fresh, page));
      const text = `${args.output}: ${formatBytes(Buffer.byteLength(page))}; open it in a browser\n`;
      return { exitCode: 0, text, json: { command: 'report', output: args.output }, findings };
    }),
  );
}

/** A platform with the files of its build. */
function withBuild(side: Side, built: Side | undefined): Side {
  if (!built) return side;
  if (side.files)
    throw new UsageError(`${side.name} has files of its own: --build is for a platform or a rendered tree`);
  const { files, boot, usr } = built;
  if (!files) throw new UsageError(`${built.name} is a ${built.kind}: --build takes a build or an initrd`);
  if (built.platform !== undefined && side.platform !== undefined && built.platform !== side.platform)
    throw new UsageError(`${built.name} is a build of ${built.platform}, not of ${side.platform}`);
  return { ...side, files, ...(boot && { boot }), ...(usr && { usr }) };
}

/** Refuses to put the page in the place of anything but an older page. */
function requireOutput({ output }: ReportArguments): void {
  if (output === '') throw new UsageError('--output must name the HTML file');
  const present = lstatSync(output, { throwIfNoEntry: false });
  if (!present) return;
  const isPage = present.isFile() && readFileSync(output, 'latin1').slice(0, 4096).includes(pageMark);
  if (!isPage) throw new UsageError(`${output} is there and is no report: it is not overwritten`);
}

/** What every page has near its beginning. */
const pageMark = '<meta name="generator" content="bootrelay">';
