/** Names of units from paths, as systemd-escape(1) makes them. */

/** The part of a unit's name that stands for a path: systemd.unit(5), "String Escaping for Inclusion in Unit Names". */
export function escapeUnitPath(path: string): string {
  const names = path.split('/').filter(Boolean);
  if (names.length === 0) return '-';
  return Buffer.from(names.join('/')).reduce((text, byte, index) => text + escapeByte(byte, index), '');
}

function escapeByte(byte: number, index: number): string {
  const character = String.fromCharCode(byte);
  if (character === '/') return '-';
  const plain = /[A-Za-z0-9:_.]/.test(character) && !(character === '.' && index === 0);
  return plain ? character : `\\x${byte.toString(16).padStart(2, '0')}`;
}

/** The .device unit of a path such as /dev/mapper/usr. */
export function deviceUnit(path: string): string {
  return `${escapeUnitPath(path)}.device`;
}

/** The .mount unit of a mount point such as /sysusr/usr. */
export function mountUnit(path: string): string {
  return `${escapeUnitPath(path)}.mount`;
}
