import { expect, test } from '@jest/globals';
import { graphOfBoot } from '../../src/review/boot-graph.ts';
import { drawSvg, formatDot, formatMermaid } from '../../src/review/draw-graph.ts';
import { explainAsMarkdown } from '../../src/review/explain-markdown.ts';
import { plan } from '../config/platform-files.ts';
import { expectGolden } from '../golden.ts';

test('the boot as Markdown with a Mermaid picture', () => {
  expectGolden('explain/test.md', explainAsMarkdown(plan('Verity.HashDevice=PARTLABEL=USR-A-HASH')));
});

test.each([
  ['everything', []],
  ['no verity', ['Verity.Verity=no']],
  ['no image', ['FullInitrd.Source=usr', 'Initrd.Init=systemd']],
])('%s: each edge of the picture has its nodes, and the steps are all there', (_, settings) => {
  const boot = plan(...settings);
  const { nodes, edges } = graphOfBoot(boot);
  const ids = nodes.map(({ id }) => id);
  expect(new Set(ids).size).toBe(ids.length);
  for (const { from, to } of edges) expect(ids).toEqual(expect.arrayContaining([from, to]));
  const own = nodes.filter(({ kind, stage }) => kind === 'step' && stage === 'minimal initrd');
  expect(own.map(({ id }) => id)).toEqual(boot.steps.map(({ name }) => name));
});

test('names that mean something to the languages of pictures are text in them', async () => {
  const strange = 'a "b" <c> #d \\n e';
  const graph = graphOfBoot(plan(`Usr.Device=LABEL=${strange}`, `Platform.Description=${strange}`));
  expect(formatMermaid(graph)).toContain('LABEL=a #quot;b#quot; #lt;c#gt; #35;d');
  expect(formatDot(graph)).toContain('LABEL=a \\"b\\" <c> #d \\\\n e');
  const svg = await drawSvg(graph);
  expect(svg).toMatch(/^<\?xml/);
  expect(svg).toContain('LABEL=a &quot;b&quot; &lt;c&gt; #d \\n e');
  expect(svg).not.toMatch(/<script|href="http/);
});
