import { globSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { entriesOf, type OptionEntry } from '../../src/core/option-table.ts';
import type { SourceKind } from '../../src/core/source-kind.ts';
import { typesOf } from '../../src/sources/recognize-kind.ts';
import { KINDS } from '../../src/sources/registry.ts';
import { readPage } from './markdown.ts';

/** The rows of a page that a table of options comes to: its options, and the fields of objects. */
function rowsOf({ options }: SourceKind): string[] {
  const row = (name: string, { summary, default: otherwise = 'none' }: OptionEntry): string =>
    `| \`${name}\` | ${summary} | ${otherwise} |`;
  return entriesOf(options).flatMap(([name, entry]) => [
    row(name, entry),
    ...Object.entries(entry.fields ?? {}).map(([field, each]) => row(`${name}.${field}`, each)),
  ]);
}

/** The rows under the comment `<!-- options of KIND -->` of the pages on sources. */
function documented(kind: string): string[][] {
  const mark = `<!-- options of ${kind} -->\n\n| option | what it is | if left out |\n|---|---|---|\n`;
  return globSync('docs/sources/*.md')
    .map(readPage)
    .filter((page) => page.includes(mark))
    .map((page) => (page.split(mark)[1]?.split('\n\n')[0] ?? '').split('\n'));
}

test.each(KINDS.map((kind) => [kind.name, kind as SourceKind] as const))(
  'one page has all options of the kind %s, in the words of its table',
  (name, kind) => {
    expect(documented(name)).toEqual([rowsOf(kind)]);
  },
);

test('no page has options of a kind that there is not', () => {
  const named = globSync('docs/sources/*.md').flatMap((page) =>
    [...readPage(page).matchAll(/<!-- options of (\S+) -->/g)].map(([, kind]) => kind),
  );
  expect(named.toSorted()).toEqual(KINDS.map(({ name }) => name).toSorted());
});

test('each option is summed up by a noun, in a line of a table', () => {
  const all = KINDS.flatMap((kind) => rowsOf(kind as SourceKind));
  expect(
    all.filter((row) => !/^\| `[\w.]+` \| (?:`|[a-zA-Z])[^|\n]*[^.|\n] \| [^|\n]+ \|$/.test(row)),
  ).toEqual([]);
});

test.each([
  ['docs/sources/index.md', /^Give `streamingType` where you know it: .*$/m],
  ['docs/guide/getting-started.md', /^\| `streamingType` \|[^|]*/m],
])('%s names every type of source', (page, line) => {
  const [found = ''] = line.exec(readPage(page)) ?? [];
  const named = [...found.matchAll(/`'(\w+)'`/g)].map(([, type]) => type);
  expect(['auto', ...named.filter((type) => type !== 'auto')].toSorted()).toEqual(typesOf(KINDS).toSorted());
});

test('the page on folders has every reason for which a listing leaves something out', () => {
  const union = /readonly reason: ([^;]+);/.exec(readFileSync('src/core/source.ts', 'utf8'))?.[1] ?? '';
  const reasons = [...union.matchAll(/'([\w-]+)'/g)].map(([, reason]) => reason);
  const rows = [...readPage('docs/sources/folder.md').matchAll(/^\| `([\w-]+)` \| [^|]+ \|$/gm)];
  expect(reasons.length).toBeGreaterThan(3);
  expect(rows.map(([, reason]) => reason)).toEqual(reasons);
});
