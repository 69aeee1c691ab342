/** Markdown: one sentence a line, and text of others in which nothing is taken for markup. */

/** Characters that Markdown, or HTML in it, would take for its own. */
export function escapeMarkdown(text: string): string {
  return text.replaceAll(/[\\`*_<>|#[\]!&]/g, '\\$&');
}

/** A fence of backticks that is longer than any in `text`, of at least `shortest`. */
export function fenceFor(text: string, shortest: number): string {
  const longest = Math.max(0, ...(text.match(/`+/g) ?? []).map(({ length }) => length));
  return '`'.repeat(Math.max(shortest, longest + 1));
}

/** A name or value as code. */
export function markdownCode(text: string): string {
  const fence = fenceFor(text, 1);
  // A backtick at either end would join the fence, and one blank there is not shown (CommonMark, code spans).
  return fence.length > 1 ? `${fence} ${text} ${fence}` : `${fence}${text}${fence}`;
}

/** A code span, or the end of a sentence with a blank behind it: `...` ends none. */
const codeOrSentenceEnd = /(`[^`\n]*`)|((?<!\.\.)[.?!][)"'*]*) (?=\S)/g;

/** Prose with each sentence on a line of its own, so that a changed sentence is a changed line. */
export function sentenceLines(text: string): string {
  return text.replace(codeOrSentenceEnd, (_, code: string | undefined, end: string) => code ?? `${end}\n`);
}
