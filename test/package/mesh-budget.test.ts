import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join, relative, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { type OutputChunk, rolldown } from 'rolldown';
import { describe, expect, test } from 'vitest';
import { makeFolder } from '../temporary-folder.ts';

const execute = promisify(execFile);

/** Modules that `vascusim/mesh` loads when it is imported. */
const MAX_MODULES = 97;
/** Minified bytes that a page loads when it imports the door. */
const MAX_ENTRY_BYTES = 158_000;
/** Minified bytes of a program that makes graphs and pictures of raw and zlib meshes, as far as they are loaded. */
const MAX_USED_BYTES = 181_000;
/** Minified bytes of all that the door has, what is loaded later with it. */
const MAX_BYTES = 269_000;

/** Rooms that no file by itself needs. */
const FOREIGN = /^src\/(?:streamers|partial|download|cache|sources|protocols|dataset|loader)\//;

/** Tells of each module that is loaded, on standard error. */
const TELL = `data:text/javascript,${encodeURIComponent(`
import { writeSync } from 'node:fs';
import { registerHooks } from 'node:module';
registerHooks({ load: (url, context, next) => (writeSync(2, url + '\\n'), next(url, context)) });`)}`;

/** Paths of files that a program loads, from `from` on. */
async function loadedBy(program: string, from: string): Promise<string[]> {
  const { stderr } = await execute(process.execPath, [
    '--import',
    TELL,
    '--input-type=module',
    '-e',
    program,
  ]);
  const base = pathToFileURL(`${resolve(from)}/`).href;
  return [...new Set(stderr.split('\n').filter((url) => url.startsWith(base)))].map((url) =>
    relative(pathToFileURL(resolve('.')).pathname, new URL(url).pathname),
  );
}

async function bundle(input: string): Promise<OutputChunk[]> {
  await using build = await rolldown({ input, platform: 'browser', logLevel: 'silent' });
  const { output } = await build.generate({ format: 'esm', minify: true });
  return output.filter((each) => each.type === 'chunk');
}

function bytesOf(chunks: readonly OutputChunk[]): number {
  return chunks.reduce((sum, { code }) => sum + Buffer.byteLength(code), 0);
}

/** The chunks that come with one before it runs. */
function withImports(entry: OutputChunk, all: readonly OutputChunk[]): OutputChunk[] {
  const found = new Set([entry]);
  for (const chunk of found)
    for (const name of chunk.imports) {
      const next = all.find(({ fileName }) => fileName === name);
      if (next !== undefined) found.add(next);
    }
  return [...found];
}

describe('vascusim/mesh', () => {
  test('loads few modules, and none of what brings files from elsewhere', async () => {
    const modules = await loadedBy(
      `await import(${JSON.stringify(pathToFileURL(resolve('src/mesh.ts')))})`,
      'src',
    );
    expect(modules).toContain('src/mesh.ts');
    expect(modules.filter((path) => FOREIGN.test(path))).toEqual([]);
    expect(modules.length).toBeLessThanOrEqual(MAX_MODULES);
  });

  test('is small in a browser', async () => {
    const chunks = await bundle('src/mesh.browser.ts');
    const [entry] = chunks;
    expect(bytesOf(withImports(entry as OutputChunk, chunks))).toBeLessThanOrEqual(MAX_ENTRY_BYTES);
    expect(bytesOf(chunks)).toBeLessThanOrEqual(MAX_BYTES);
    expect(
      chunks.flatMap(({ imports, dynamicImports }) => [...imports, ...dynamicImports]),
    ).not.toContainEqual(expect.stringMatching(/^node:/));
  });

  test('has a page load little to make graphs and pictures of raw and zlib meshes', async () => {
    const door = JSON.stringify(resolve('src/mesh.browser.ts'));
    const folder = await makeFolder({
      'package.json': '{ "type": "module" }',
      'page.js': `import { encodePng, meshToGraph, readMesh, renderMesh } from ${door};
export const run = async (bytes) => {
  const mesh = await readMesh(bytes);
  return meshToGraph(mesh).numNodes + encodePng(renderMesh(mesh)).length;
};`,
    });
    const chunks = await bundle(join(folder, 'page.js'));
    for (const { fileName, code } of chunks) await writeFile(join(folder, fileName), code);
    const loaded = await loadedBy(
      `import { readFileSync } from 'node:fs';
const { run } = await import(${JSON.stringify(pathToFileURL(join(folder, 'page.js')))});
for (const name of ['raw.vtu', 'raw.vtp', 'raw-zlib.vtu', 'raw-zlib.vtp'])
  await run(new Uint8Array(readFileSync('test/fixtures/' + name)));`,
      folder,
    );
    const used = chunks.filter(({ fileName }) => loaded.some((path) => path.endsWith(`/${fileName}`)));
    expect(used.length).toBeGreaterThan(1);
    expect(bytesOf(used)).toBeLessThanOrEqual(MAX_USED_BYTES);
  });
});
