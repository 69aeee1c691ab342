/** Records of `Key: value` lines with an empty line behind each, as dpkg writes them (deb822(5)). */

/** The records; a value that goes on in further lines is joined. */
export function readStanzas(text: string): readonly ReadonlyMap<string, string>[] {
  return text
    .split(/\n\n+/)
    .filter((stanza) => stanza.trim() !== '')
    .map(readStanza);
}

function readStanza(stanza: string): ReadonlyMap<string, string> {
  const lines = stanza.replaceAll(/\n[ \t]+/g, ' ').split('\n');
  return new Map(
    lines.flatMap((line) => {
      const [, key, value] = /^([^:\s]+):\s*(.*)$/.exec(line) ?? [];
      return key === undefined || value === undefined ? [] : [[key, value] as const];
    }),
  );
}
