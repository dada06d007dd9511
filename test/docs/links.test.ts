import { existsSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { expect, test } from 'vitest';
import { findAnchors, findLinks, pages } from './markdown.ts';

/** Made by other means than writing: the API by typedoc. */
const MADE = /^docs\/(?:\w+\.md\/)?(?:data|io|loader|mesh|index|api)\//;

test.each(pages)('the links of %s lead somewhere', (page) => {
  for (const link of findLinks(page)) {
    if (/^(?:https?|mailto):/.test(link)) continue;
    const [path = '', anchor] = link.split('#');
    const target = path === '' ? page : normalize(join(dirname(page), path));
    if (MADE.test(target)) continue;
    expect(existsSync(target), `${link} of ${page}`).toBe(true);
    if (anchor !== undefined) expect([...findAnchors(target)], `${link} of ${page}`).toContain(anchor);
  }
});

test('a page names its sections as links do', () => {
  expect([...findAnchors('README.md')]).toContain('reading-a-mesh');
});
