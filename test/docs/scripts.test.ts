import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { pages, readPage } from './markdown.ts';

const { scripts } = JSON.parse(readFileSync('package.json', 'utf8')) as {
  readonly scripts: Readonly<Record<string, string>>;
};
const text = pages.map(readPage).join('\n');
/** Scripts that `npm run check` runs by their names. */
const CHECKS = [...(scripts['check'] ?? '').matchAll(/npm run -s (\S+)/g)].map(([, name = '']) => name);

test.each(Object.keys(scripts).filter((name) => !CHECKS.includes(name)))(
  'a page names npm run %s',
  (name) => {
    expect(new RegExp(`npm (?:run )?${name}(?![\\w:-])`).test(text)).toBe(true);
  },
);

test.each(Object.keys(scripts).filter((name) => name.startsWith('bench:')))(
  'bench/README.md has %s in its table',
  (name) => {
    expect(readPage('bench/README.md')).toContain(`| \`npm run ${name}`);
  },
);
