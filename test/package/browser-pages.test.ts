import { cpSync, globSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build as esbuild } from 'esbuild';
import { type Browser, chromium, type Page } from 'playwright-core';
import { createServer, type ViteDevServer, build as viteBuild } from 'vite';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readMesh } from '../../src/mesh.ts';
import { smallPvtu, smallVtu } from '../dataset/small-mesh.ts';
import { fixtures } from '../fixtures/fixtures.ts';
import { MeshServer } from '../servers/mesh-server.ts';
import { type InstalledPackage, installPackage } from './built-package.ts';
import { CHROMIUM_FLAGS, chromiumBinary, describeWithChromium } from './chromium.ts';
import { digestMesh } from './programs/digest-mesh.mjs';

/** Files that the pages read, by their paths in `files/`. */
const served: Readonly<Record<string, string | Uint8Array>> = {
  ...Object.fromEntries(
    fixtures
      .filter(({ name }) => name.endsWith('.vtu') || name === 'raw-zlib.vtp')
      .map(({ name, bytes }) => [name, bytes]),
  ),
  'all.pvtu': smallPvtu(['pieces/0.vtu', 'pieces/1.vtu']),
  'pieces/0.vtu': smallVtu({ points: 5 }),
  'pieces/1.vtu': smallVtu({ points: 6, pointData: { pressure: 2 } }),
};
const names = Object.keys(served).filter((name) => !name.startsWith('pieces/'));

/** Page whose script, and whose worker, read all files in all ways. */
const READS_PAGE = '<!doctype html><title>reads</title><script type="module" src="./reads.js"></script>';
const READS = `import { readInputs } from './read-inputs.mjs';
const names = ${JSON.stringify(names)};
window.read = () => readInputs(names, document.baseURI);
window.readInWorker = () => {
  const worker = new Worker(new URL('./reads-worker.js', import.meta.url), { type: 'module' });
  return new Promise((resolve, reject) => {
    worker.onmessage = ({ data }) => resolve(data);
    worker.onerror = ({ message }) => reject(new Error(message));
    worker.postMessage({ names, base: document.baseURI });
  });
};`;
const READS_WORKER = `import { readInputs } from './read-inputs.mjs';
addEventListener('message', ({ data: { names, base } }) => {
  readInputs(names, base).then(postMessage, (error) => postMessage({ error: String(error) }));
});`;

const IMPORTING = /(?:\bfrom|\bimport)\s*\(?\s*["']node:/;

describeWithChromium('pages of bundlers', () => {
  let installed: InstalledPackage;
  let folder: string;
  let browser: Browser;
  let expected: Readonly<Record<string, unknown>>;

  beforeAll(async () => {
    installed = await installPackage();
    folder = installed.folder;
    cpSync('examples/browser', folder, { recursive: true });
    writeFileSync(join(folder, 'reads.html'), READS_PAGE);
    writeFileSync(join(folder, 'reads.js'), READS);
    writeFileSync(join(folder, 'reads-worker.js'), READS_WORKER);
    for (const name of ['read-inputs.mjs', 'digest-mesh.mjs'])
      cpSync(join('test/package/programs', name), join(folder, name));
    for (const [name, content] of Object.entries(served)) {
      mkdirSync(join(folder, 'public/files', name, '..'), { recursive: true });
      writeFileSync(join(folder, 'public/files', name), content);
    }
    writeFileSync(join(folder, 'public/case.vtu'), smallVtu({ points: 12, pointData: { pressure: 3 } }));
    browser = await chromium.launch({ executablePath: chromiumBinary as string, args: [...CHROMIUM_FLAGS] });
    const digests = names.map(async (name) => {
      const path = join(folder, 'public/files', name);
      return [name, await digestMesh(await readMesh(path))] as const;
    });
    expected = Object.fromEntries(await Promise.all(digests));
  });
  afterAll(async () => {
    await browser?.close();
    await installed?.[Symbol.asyncDispose]();
  });

  /** Opens a page, which fails the test where it says that something is wrong. */
  async function open(url: string): Promise<{ readonly page: Page; readonly errors: string[] }> {
    const page = await browser.newPage();
    const errors: string[] = [];
    page.on('pageerror', (error) => errors.push(String(error)));
    await page.goto(url);
    return { page, errors };
  }

  /** What is read in a page and in its worker must be what Node reads. */
  async function checkReads(base: string): Promise<void> {
    const { page, errors } = await open(`${base}reads.html`);
    await page.waitForFunction('window.read');
    for (const call of ['read', 'readInWorker']) {
      const read = (await page.evaluate(`window.${call}()`)) as Record<string, Record<string, unknown>>;
      for (const name of names)
        for (const [way, digest] of Object.entries(read[name] ?? {}))
          expect([call, name, way, digest]).toEqual([
            call,
            name,
            way,
            JSON.parse(JSON.stringify(expected[name])),
          ]);
      expect(Object.keys(read)).toEqual(names);
    }
    expect(errors).toEqual([]);
    await page.close();
  }

  /** The page of the guide must draw its mesh. */
  async function checkExample(base: string): Promise<void> {
    const { page, errors } = await open(base);
    await page.waitForFunction("document.querySelector('output').value !== ''");
    expect(await page.evaluate("document.querySelector('output').value")).toBe(
      '12 points, pressure from 3 to 3',
    );
    const colors = await page.evaluate(() => {
      const canvas = document.querySelector('canvas') as HTMLCanvasElement;
      const context = canvas.getContext('2d') as CanvasRenderingContext2D;
      const { data } = context.getImageData(0, 0, canvas.width, canvas.height);
      return new Set(new Uint32Array(data.buffer)).size;
    });
    expect(colors).toBeGreaterThan(10);
    await page.fill('[name=mesh]', 'not-there.vtu');
    await page.click('button');
    await page.waitForFunction("/Error/.test(document.querySelector('output').value)");
    expect(errors).toEqual([]);
    await page.close();
  }

  test('Vite serves them while they are written', async () => {
    let server: ViteDevServer | undefined;
    try {
      server = await createServer({
        root: folder,
        configFile: false,
        logLevel: 'silent',
        server: { port: 0, host: '127.0.0.1' },
      });
      await server.listen();
      const base = server.resolvedUrls?.local[0] ?? '';
      await checkExample(base);
      await checkReads(base);
    } finally {
      await server?.close();
    }
  });

  test('Vite builds them', async () => {
    const outDir = join(folder, 'dist-vite');
    const warnings: string[] = [];
    const entries = ['index.html', 'reads.html'].map((name) => join(folder, name));
    await viteBuild({
      root: folder,
      configFile: false,
      logLevel: 'silent',
      worker: { format: 'es' },
      customLogger: {
        info: () => undefined,
        warn: (text) => void warnings.push(text),
        warnOnce: (text) => void warnings.push(text),
        error: (text) => void warnings.push(text),
        clearScreen: () => undefined,
        hasErrorLogged: () => false,
        hasWarned: false,
      },
      build: { outDir, rolldownOptions: { input: entries } },
    });
    expect(warnings.filter((text) => /node:|externalized/.test(text))).toEqual([]);
    await using server = await serveFolder(outDir);
    await checkExample(server.url);
    await checkReads(server.url);
  });

  test('esbuild bundles them without external modules', async () => {
    const outdir = join(folder, 'dist-esbuild');
    const { warnings, metafile } = await esbuild({
      absWorkingDir: folder,
      entryPoints: ['page.ts', 'worker.ts', 'reads.js', 'reads-worker.js'],
      bundle: true,
      minify: true,
      splitting: true,
      format: 'esm',
      outdir,
      metafile: true,
      logLevel: 'silent',
    });
    expect(warnings).toEqual([]);
    const imported = Object.values(metafile.outputs).flatMap(({ imports }) => imports);
    expect(imported.filter(({ external }) => external === true)).toEqual([]);
    for (const file of globSync('*.js', { cwd: outdir }))
      expect(IMPORTING.test(readFileSync(join(outdir, file), 'utf8'))).toBe(false);
    cpSync(join(folder, 'public'), outdir, { recursive: true });
    const html = readFileSync(join(folder, 'index.html'), 'utf8').replace('./page.ts', './page.js');
    writeFileSync(join(outdir, 'index.html'), html);
    writeFileSync(join(outdir, 'reads.html'), READS_PAGE);
    await using server = await serveFolder(outdir);
    await checkExample(server.url);
    await checkReads(server.url);
  });

  test('the worker of the guide hands values over', async () => {
    const outdir = join(folder, 'dist-worker');
    await esbuild({
      absWorkingDir: folder,
      entryPoints: ['worker.ts'],
      bundle: true,
      format: 'esm',
      outdir,
      logLevel: 'silent',
    });
    cpSync(join(folder, 'public/case.vtu'), join(outdir, 'case.vtu'));
    writeFileSync(join(outdir, 'index.html'), '<!doctype html>');
    await using server = await serveFolder(outdir);
    const { page } = await open(server.url);
    const ask = (mesh: string): Promise<unknown> =>
      page.evaluate(
        (url) =>
          new Promise((done) => {
            const worker = new Worker('./worker.js', { type: 'module' });
            worker.onmessage = ({ data }) => done(data.error ?? Array.from(data.values));
            worker.postMessage({ mesh: url, array: 'pressure' });
          }),
        mesh,
      );
    expect(await ask(`${server.url}case.vtu`)).toEqual(Array.from({ length: 12 }, () => 3));
    expect(await ask(`${server.url}gone.vtu`)).toMatch(/NotFoundError.*gone\.vtu/);
    await page.close();
  });
});

/** Serves the files of a folder. */
async function serveFolder(folder: string): Promise<MeshServer> {
  const server = await MeshServer.start();
  for (const path of globSync('**/*.*', { cwd: folder })) {
    const content = readFileSync(join(folder, path));
    server.serve(path, { content });
    if (path === 'index.html') server.serve('', { content });
  }
  return server;
}
