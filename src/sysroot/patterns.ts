/** Patterns of fnmatch(3), as modules.alias and firmware names use them. */

/** A whole name must match, with `suffix`, a regular expression, behind it. */
export function patternToRegExp(pattern: string, suffix = ''): RegExp {
  const source = pattern.replaceAll(/\[[!^]?\]?[^\]]*\]|./gs, (piece) => {
    if (piece === '*') return '.*';
    if (piece === '?') return '.';
    if (piece.length > 1) return bracket(piece);
    return piece.replace(/[\\^$.|+(){}[\]]/, '\\$&');
  });
  return new RegExp(`^${source}${suffix}$`);
}

/** [abc], [a-c], [!abc]; a range that goes backwards matches nothing. */
function bracket(piece: string): string {
  const negated = /^\[[!^]/.test(piece);
  const members = piece.slice(negated ? 2 : 1, -1).replaceAll(/[\\[\]^]/g, '\\$&');
  const source = `[${negated ? '^' : ''}${members}]`;
  try {
    new RegExp(source);
    return source;
  } catch {
    return '(?!)';
  }
}
