import { existsSync, globSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { findCodeBlocks, findShownFiles, pages, readPage } from './markdown.ts';
import { programOf, typeCheck } from './type-check.ts';

/** Files of `examples/` that are no example by themselves. */
const PARTS = ['onnx-model.ts', 'tar-archive.ts'];
/** Functions to copy from, of which the pages show some. */
const FUNCTIONS = ['read-mesh.ts', 'training-loop.ts'];

test('every block of TypeScript in the pages passes the type check', () => {
  const blocks = pages.flatMap((page) => findCodeBlocks(page)).filter(({ language }) => language === 'ts');
  expect(blocks.length).toBeGreaterThan(20);
  const programs = new Map<string, string>();
  for (const block of blocks) {
    programs.set(`${block.place.replaceAll(/\W+/g, '-')}.ts`, `${programOf(block)}export {};\n`);
  }
  expect(typeCheck(programs)).toBe('');
});

test('a block with a name that does not exist would be found', () => {
  const errors = typeCheck(
    new Map([['wrong.ts', "import { NoSuchName } from 'vascusim/io';\nNoSuchName();\n"]]),
  );
  expect(errors).toMatch(/wrong\.ts.*NoSuchName/);
});

test.each(pages)('the programs that %s shows are there', (page) => {
  for (const path of findShownFiles(page)) {
    expect(existsSync(join('docs', path)), path).toBe(true);
  }
});

test('every example is shown by a page or listed beside the others', () => {
  const list = readPage('examples/README.md');
  const shown = new Set(pages.flatMap(findShownFiles).map((path) => path.replace('../examples/', '')));
  for (const example of globSync('*.ts', { cwd: 'examples' })) {
    if (PARTS.includes(example)) continue;
    expect(list, example).toContain(`\`${example}\``);
    if (!FUNCTIONS.includes(example)) expect([...shown]).toContain(example);
  }
});

test.each(pages)('blocks of JSON in %s can be read', (page) => {
  for (const { language, code, place } of findCodeBlocks(page)) {
    if (language !== 'json') continue;
    // A document, or one a line.
    const documents = code.startsWith('{\n') ? [code] : code.split('\n');
    for (const each of documents) expect(() => JSON.parse(each), place).not.toThrow();
  }
});
