/** Values become text of the output's languages here, and only here. */

/** A value that cannot be written in the language it is meant for: a defect, since parsing refuses such values. */
export class QuoteError extends Error {
  override readonly name = 'QuoteError';
}

function refuseControl(value: string): string {
  if (/[\p{Cc}\u2028\u2029]/u.test(value))
    throw new QuoteError(`control character in ${JSON.stringify(value)}`);
  return value;
}

/** A value as one word of POSIX shell: as it is where no character is special, else in single quotes. */
export function quoteShell(value: string): string {
  refuseControl(value);
  if (/^[A-Za-z0-9_./:,@%+-]+$/.test(value)) return value;
  return `'${value.replaceAll("'", `'\\''`)}'`;
}

/** A value inside a comment of one line. */
export function quoteComment(value: string): string {
  return refuseControl(value);
}

/** A name that needs no quoting in shell and units; anything else is refused. */
export function checkIdentifier(value: string): string {
  if (/^[A-Za-z0-9_][A-Za-z0-9_-]*$/.test(value)) return value;
  throw new QuoteError(`${JSON.stringify(value)} is not an identifier`);
}

/** A number without sign or exponent. */
export function checkNumber(value: string): string {
  if (/^\d+(\.\d+)?$/.test(value)) return value;
  throw new QuoteError(`${JSON.stringify(value)} is not a number`);
}

/** An absolute path of plain characters. */
export function checkPath(value: string): string {
  if (/^(\/[A-Za-z0-9._@+-]+)+$/.test(value)) return value;
  throw new QuoteError(`${JSON.stringify(value)} is not a plain path`);
}

/** A field of passwd(5) or shadow(5): a colon would end it, and nothing quotes there. */
export function checkAccountField(value: string): string {
  refuseControl(value);
  if (!value.includes(':')) return value;
  throw new QuoteError(`${JSON.stringify(value)} cannot be a field of an account`);
}

/** A value of a systemd unit setting in systemd's own syntax: one line, and a trailing \ would go on in the next one. */
export function checkUnitSetting(value: string): string {
  refuseControl(value);
  if (value === value.trim() && !value.endsWith('\\')) return value;
  throw new QuoteError(`${JSON.stringify(value)} cannot be a unit's value`);
}

/** A value of a systemd unit setting that takes plain text: % is a specifier. */
export function quoteUnit(value: string): string {
  return checkUnitSetting(value).replaceAll('%', '%%');
}

/** The name of a unit, escaped already: systemd.unit(5) has no quoting for lists of names. */
export function checkUnitName(value: string): string {
  if (/^[A-Za-z0-9:_.\\@-]+\.(service|mount|target|device|socket)$/.test(value)) return value;
  throw new QuoteError(`${JSON.stringify(value)} is not the name of a unit`);
}

/** A modalias pattern as a pattern of `case`: * ? and [] mean the same, all other characters themselves. */
export function quotePattern(pattern: string): string {
  if (/[\p{Cc}\s]/u.test(pattern))
    throw new QuoteError(`${JSON.stringify(pattern)} is not a modalias pattern`);
  return pattern.replace(/[^A-Za-z0-9_:.,*?[\]-]/gu, (character) => `\\${character}`);
}
