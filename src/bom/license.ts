/** Whether a package's words for its licence are an expression of SPDX (SPDX 2.3, annex D). */
import parse from 'spdx-expression-parse';

/** The expression, or undefined for words that are none. */
export function spdxExpression(license: string | undefined): string | undefined {
  if (license === undefined) return undefined;
  try {
    parse(license);
    return license;
  } catch {
    return undefined;
  }
}
