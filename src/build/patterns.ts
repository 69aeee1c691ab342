/** Patterns of fnmatch(3), as modules.alias and firmware names use them. */

/** A whole name must match, with `suffix`, a regular expression, behind it. */
export function patternToRegExp(pattern: string, suffix = ''): RegExp {
  const source = pattern
    .replace(/[\\^$.|+(){}]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${source}${suffix}$`);
}
