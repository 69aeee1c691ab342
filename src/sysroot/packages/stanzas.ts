/** Records of `Key: value` lines with an empty line behind each, as dpkg and apk write them. */

/** The records; the lines of a value that goes on are joined. `keys` may be repeated, so that each has all its values. */
export function readStanzas(text: string): readonly ReadonlyMap<string, readonly string[]>[] {
  return text
    .split(/\n\n+/)
    .filter((stanza) => stanza.trim() !== '')
    .map(readStanza);
}

function readStanza(stanza: string): ReadonlyMap<string, readonly string[]> {
  const values = new Map<string, string[]>();
  for (const line of stanza.replaceAll(/\n[ \t]+/g, ' ').split('\n')) {
    const [, key, value] = /^([^:\s]+):\s*(.*)$/.exec(line) ?? [];
    if (key !== undefined && value !== undefined) values.set(key, [...(values.get(key) ?? []), value]);
  }
  return values;
}
