/** The licences of a Debian package, by its copyright file in the machine-readable format (copyright-format 1.0). */
import { readTextIn } from '../paths.ts';

/** Short names of that format whose names in the SPDX list are others. */
const spdxNames: Readonly<Record<string, string>> = {
  Expat: 'MIT',
  'Apache-2': 'Apache-2.0',
  'BSD-2-clause': 'BSD-2-Clause',
  'BSD-3-clause': 'BSD-3-Clause',
  'BSD-4-clause': 'BSD-4-Clause',
  'Artistic-1': 'Artistic-1.0',
};

/** The licences of a package of a sysroot. */
export function licenseIn(sysroot: string, name: string): string | undefined {
  const text = readTextIn(sysroot, `/usr/share/doc/${name}/copyright`);
  return text === undefined ? undefined : licenseOfCopyright(text);
}

/** All short names of the text, joined by AND, in SPDX's words where these have the licence; undefined where it is not of that format. */
export function licenseOfCopyright(text: string): string | undefined {
  if (!/^Format:/m.test(text.slice(0, 1000))) return undefined;
  const names = [...text.matchAll(/^License:[ \t]*(\S.*?)[ \t]*$/gm)].flatMap(([, name = '']) =>
    toSpdx(name),
  );
  return names.length === 0 ? undefined : [...new Set(names)].sort().join(' AND ');
}

/** The licences that all hold: GPL-2+ -> GPL-2.0-or-later; a choice of several in brackets; what has no such name stays as it is. */
function toSpdx(name: string): readonly string[] {
  const alternatives = name.split(/\s+(?:or|\|)\s+/);
  if (alternatives.length > 1) return [`(${alternatives.map(toSpdxName).join(' OR ')})`];
  return name.split(/\s*,?\s+and\s+/).map(toSpdxName);
}

function toSpdxName(name: string): string {
  const [, family, version, later] = /^([AL]?GPL|GFDL)-(\d+(?:\.\d+)?)(\+?)$/.exec(name) ?? [];
  if (family === undefined || version === undefined) return spdxNames[name] ?? name;
  return `${family}-${version.includes('.') ? version : `${version}.0`}-${later ? 'or-later' : 'only'}`;
}
