import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { createContext, runInContext } from 'node:vm';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import manifest from '../../package.json' with { type: 'json' };
import { writeVtkXml } from '../../src/formats/vtk-xml/writer.ts';
import * as browserDoor from '../../src/mesh.browser.ts';
import * as nodeDoor from '../../src/mesh.ts';
import { fixtures } from '../fixtures/fixtures.ts';
import { type InstalledPackage, installPackage } from './built-package.ts';
import { describeWithChromium, openPage } from './chromium.ts';
import { describeMeshes, describeRefusals, useMesh } from './programs/read-meshes.mjs';

type Files = Readonly<Record<string, Uint8Array>>;

const PROGRAM = `
import * as door from 'vascusim/mesh';
import { describeMeshes, describeRefusals, useMesh } from ${JSON.stringify(resolve('test/package/programs/read-meshes.mjs'))};
export const run = async (files) => ({
  meshes: await describeMeshes(files),
  used: await useMesh(files['raw-zlib.vtu']),
  refusals: await describeRefusals(door),
});
`;

let installed: InstalledPackage;
let files: Files;
let expected: { readonly meshes: unknown; readonly used: unknown };

/** Resolves the package from the installed copy wherever a program lies, and keeps account of Node's modules. */
const track = (asked: string[]) => ({
  name: 'track',
  resolveId: {
    filter: { id: /^node:|^vascusim/ },
    handler(this: { resolve(id: string, from: string): Promise<unknown> }, id: string, from?: string) {
      if (id.startsWith('node:')) asked.push(`${id} from ${from}`);
      const outside = id.startsWith('vascusim') && from?.startsWith(installed.folder) === false;
      return outside ? (this.resolve(id, `${installed.folder}/x.mjs`) as Promise<null>) : null;
    },
  },
});

beforeAll(async () => {
  installed = await installPackage();
  // One array of more than 4 MiB in a single block: too large for the kernels.
  const [{ bytes } = { bytes: new Uint8Array() }] = fixtures;
  const small = await nodeDoor.readMesh(bytes);
  const large = { data: new Uint8Array(5 * 1024 ** 2).map((_, at) => at % 7), shape: [5 * 1024 ** 2] };
  const parts: Uint8Array[] = [];
  const mesh = { ...small, fieldData: new Map([['large', large]]) };
  for await (const part of writeVtkXml(mesh, { compressor: 'zlib', blockSize: 8 * 1024 ** 2 }))
    parts.push(part);
  files = {
    ...Object.fromEntries(fixtures.map((fixture) => [fixture.name, fixture.bytes])),
    'large-block.vtu': new Uint8Array(Buffer.concat(parts)),
  };
  expected = {
    meshes: await describeMeshes(files),
    used: await useMesh(files['raw-zlib.vtu'] as Uint8Array),
  };
});
afterAll(() => installed[Symbol.asyncDispose]());

test('both faces of the door export the same names', () => {
  expect(Object.keys(browserDoor).toSorted()).toEqual(Object.keys(nodeDoor).toSorted());
});

test('bundlers for browsers get the face for browsers', () => {
  expect(Object.entries(manifest.exports['./mesh'])).toEqual([
    ['types', './dist/mesh.d.ts'],
    ['browser', './dist/mesh.browser.js'],
    ['default', './dist/mesh.js'],
  ]);
});

test('what is read is the same however the bytes are given', () => {
  for (const [name, { others }] of Object.entries(expected.meshes as Record<string, { others: string[] }>))
    expect([name, others]).toEqual([name, []]);
});

describe('in a bundle for browsers', () => {
  test('no module of Node is reached, also not by what is loaded later', async () => {
    const asked: string[] = [];
    const chunk = await installed.bundle(PROGRAM, {
      platform: 'browser',
      format: 'esm',
      plugins: [track(asked)],
    });
    expect(asked).toEqual([]);
    const others = [...chunk.imports, ...chunk.dynamicImports].filter((name) => name !== chunk.fileName);
    expect(others).toEqual([]);
  });

  test('meshes are read where there is nothing but what the web has', async () => {
    const chunk = await installed.bundle(PROGRAM, {
      platform: 'browser',
      format: 'iife',
      plugins: [track([])],
    });
    const names = [
      'AbortController',
      'AbortSignal',
      'Blob',
      'CompressionStream',
      'DOMException',
      'DecompressionStream',
      'MessageChannel',
      'Response',
      'TextDecoder',
      'TextEncoder',
      'URL',
      'atob',
      'btoa',
      'performance',
      'setTimeout',
      'structuredClone',
    ] as const;
    const web = Object.fromEntries(names.map((name) => [name, globalThis[name]]));
    const context = createContext({ ...web, files });
    const result: unknown = await runInContext(`${chunk.code}\nprogram.run(files)`, context);
    expect(JSON.parse(JSON.stringify(result))).toMatchObject(expected);
  });

  test('places that are no web address are refused, with what to do', async () => {
    const refusals = await describeRefusals(browserDoor);
    expect(refusals).toMatchObject({
      path: ['CONFIG', 'file', expect.stringMatching(/In a browser "cases\/a.vtu" is no mesh.*http.*Blob/)],
      url: ['CONFIG', 'file', expect.stringContaining('"ftp://host/a.vtu"')],
      nothing: ['CONFIG', 'file', expect.stringContaining('undefined is no mesh file')],
      promise: ['CONFIG', 'file', expect.stringContaining('await it first')],
      streamer: ['UNSUPPORTED', 'readMeshFrom', expect.stringContaining('need Node.js')],
      writing: ['UNSUPPORTED', 'writeMesh', expect.stringContaining('writeVtkXml gives the bytes')],
    });
  });
});

describeWithChromium('in a page of Chromium', () => {
  const page = `<!doctype html><title>meshes</title><script src="/errors.js"></script><script type="module" src="/page.js"></script>`;
  const PAGE_PROGRAM = `${PROGRAM}
const post = (result) => fetch('/result', { method: 'POST', body: JSON.stringify(result) });
try {
  const files = {};
  for (const name of await (await fetch('/names')).json())
    files[name] = new Uint8Array(await (await fetch('/files/' + name)).arrayBuffer());
  const hasKernels = await Promise.resolve()
    .then(() => new WebAssembly.Module(Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0)) instanceof WebAssembly.Module)
    .catch(() => false);
  await post({ hasKernels, ...(await run(files)) });
} catch (error) {
  await post({ error: String(error), stack: error?.stack });
}`;

  async function openIn(
    headers: Readonly<Record<string, string>>,
    names: readonly string[],
  ): Promise<unknown> {
    const plugins = [track([])];
    const chunk = await installed.bundle(PAGE_PROGRAM, { platform: 'browser', format: 'esm', plugins });
    const served = Object.entries(files).map(([name, bytes]) => [`/files/${name}`, bytes] as const);
    const more = { '/': page, '/page.js': chunk.code, '/names': JSON.stringify(names) };
    return openPage({ ...more, ...Object.fromEntries(served) }, headers);
  }

  test('meshes are read as in Node', async () => {
    const names = Object.keys(files);
    expect(await openIn({}, names)).toMatchObject({ hasKernels: true, ...expected });
  });

  const withoutKernels = { 'content-security-policy': "script-src 'self'" };

  test('whose policy forbids WebAssembly they are read as well', async () => {
    const names = Object.keys(files).filter((name) => !name.includes('lzma'));
    const { meshes, used } = expected;
    expect(await openIn(withoutKernels, names)).toMatchObject({
      hasKernels: false,
      meshes: Object.fromEntries(names.map((name) => [name, (meshes as Record<string, unknown>)[name]])),
      used,
    });
  });

  test('whose policy forbids WebAssembly LZMA is refused, with what to do', async () => {
    const result = await openIn(withoutKernels, ['raw-lzma.vtu']);
    expect(String((result as { readonly error: unknown }).error)).toMatch(
      /UnsupportedError: .*LZMA.*wasm-unsafe-eval/,
    );
  });
});

describe('the face for Node where its modules are empty', () => {
  const EMPTY = `
import { registerHooks } from 'node:module';
const asked = [];
globalThis.askedOfNode = asked;
registerHooks({
  resolve(specifier, context, next) {
    if (!specifier.startsWith('node:') || context.parentURL?.startsWith('data:')) return next(specifier, context);
    asked.push(specifier);
    return { url: 'data:text/javascript,export%20default%20{}', shortCircuit: true };
  },
});`;

  test('can be imported, and reads bytes, without asking for one', async () => {
    const program = `
import { meshToGraph, readMesh } from 'vascusim/mesh';
const mesh = await readMesh(Uint8Array.from(Buffer.from('${'{BYTES}'}', 'base64')));
console.log(JSON.stringify([meshToGraph(mesh).numNodes, globalThis.askedOfNode]));`;
    const bytes = await readFile('test/fixtures/raw-zlib.vtu');
    const output = await installed.runInNode(program.replace('{BYTES}', bytes.toString('base64')), EMPTY);
    const [nodes, asked] = JSON.parse(output) as [number, string[]];
    expect(nodes).toBeGreaterThan(0);
    expect(asked).toEqual([]);
  });
});
