/** What comes along with bootrelay itself: its version, the platforms to extend, sources of programs, parts of the report. */
import { listPackageFiles, readPackageFile } from '#package';

/** bootrelay's own version, wherever it is started. */
export function bootrelayVersion(): string {
  return (JSON.parse(readPackageFile('package.json')) as { version: string }).version;
}

/** The shipped platform files, such as generic-x86_64.ini. */
export function shippedPlatforms(): readonly string[] {
  return listPackageFiles('platforms').filter((name) => name.endsWith('.ini'));
}

/** The text of a shipped platform file. */
export function readShippedPlatform(name: string): string {
  return readPackageFile(`platforms/${name}`);
}

/** The C source of a program of bootrelay's own. */
export function readProgramSource(name: string): string {
  return readPackageFile(`programs/${name}.c`);
}

/** A file of templates/report: the style or the script of the page. */
export function readReportAsset(name: string): string {
  return readPackageFile(`templates/report/${name}`);
}
