import { execFileSync } from 'node:child_process';
import { existsSync, globSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { findCodeBlocks, findShownFiles, pages, readPage } from './markdown.ts';

/** Files of `examples/` that are no example by themselves. */
const PARTS = ['onnx-model.ts', 'tar-archive.ts'];
/** Functions to copy from, of which the pages show some. */
const FUNCTIONS = ['read-mesh.ts', 'training-loop.ts'];

const folder = mkdtempSync(join(tmpdir(), 'vascusim-docs-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** Type-checks programs by their names, and gives the errors as the compiler prints them. */
function check(programs: ReadonlyMap<string, string>): string {
  for (const [name, code] of programs) writeFileSync(join(folder, name), code);
  const configuration = {
    extends: resolve('tsconfig.json'),
    compilerOptions: {
      paths: { vascusim: [resolve('src/index.ts')], 'vascusim/*': [resolve('src/*.ts')] },
      typeRoots: [resolve('node_modules/@types')],
      // What users need not have; a page also shows what it does not go on to use.
      noPropertyAccessFromIndexSignature: false,
      noUnusedLocals: false,
      noUnusedParameters: false,
      rewriteRelativeImportExtensions: false,
    },
    include: [],
    files: [...programs.keys()],
  };
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(configuration));
  try {
    execFileSync(process.execPath, [resolve('node_modules/typescript/bin/tsc'), '-p', folder], {
      encoding: 'utf8',
    });
    return '';
  } catch (error) {
    return (error as { readonly stdout: string }).stdout;
  }
}

test('every block of TypeScript in the pages passes the type check', () => {
  const blocks = pages.flatMap((page) => findCodeBlocks(page)).filter(({ language }) => language === 'ts');
  expect(blocks.length).toBeGreaterThan(20);
  const programs = new Map<string, string>();
  for (const { place, code, given } of blocks) {
    const imports = given.replaceAll("'../../", `'${resolve('.')}/`);
    programs.set(`${place.replaceAll(/\W+/g, '-')}.ts`, `${imports}\n${code}\nexport {};\n`);
  }
  expect(check(programs)).toBe('');
});

test('a block with a name that does not exist would be found', () => {
  const errors = check(new Map([['wrong.ts', "import { NoSuchName } from 'vascusim/io';\nNoSuchName();\n"]]));
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
