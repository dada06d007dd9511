import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { expect, test } from 'vitest';
import { findAnchors, findLinks, pages } from './markdown.ts';

/** Made by other means than writing: the API by typedoc. */
const MADE = /^docs\/(?:\w+\.md\/)?(?:data|io|loader|mesh|index|api)\//;

/** Addresses of files of this repository, as the README has them: it is also read where the package is published. */
const OWN_FILES =
  /^https:\/\/(?:github\.com\/vascusim\/vascusim\/blob|raw\.githubusercontent\.com\/vascusim\/vascusim)\/main\//;

test('the README has no link that works in the repository alone', () => {
  expect(findLinks('README.md').filter((link) => !/^(?:https?:|mailto:|#)/.test(link))).toEqual([]);
});

test.each(pages)('the links of %s lead somewhere', (page) => {
  for (const written of findLinks(page)) {
    const link = written.replace(OWN_FILES, '');
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

test('every page of the guide is in its sidebar', () => {
  const config = readFileSync('docs/.vitepress/config.ts', 'utf8');
  const linked = [...config.matchAll(/link: '\/([^']*)'/g)].map(([, link]) => `docs/${link}`);
  const shown = pages.filter(
    (page) => page.startsWith('docs/') && page !== 'docs/index.md' && page !== 'docs/api-start.md',
  );
  expect(shown.length).toBeGreaterThan(20);
  const addressOf = (page: string): string => page.replace(/(?:index)?\.md$/, '');
  expect(shown.filter((page) => !linked.includes(addressOf(page)))).toEqual([]);
});

test('every decision is in the list of decisions', () => {
  const links = findLinks('docs/decisions/index.md').map((link) => `docs/decisions/${link}`);
  const decisions = pages.filter((page) => /^docs\/decisions\/(?!index)/.test(page));
  expect(decisions.filter((page) => !links.includes(page))).toEqual([]);
});
