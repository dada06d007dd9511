import { readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { smallVtu } from '../dataset/small-mesh.ts';
import { type InstalledPackage, installPackage } from './built-package.ts';

/** Most modules that `vascusim/data` may load; what reads archives is loaded when one is met. */
const MAX_MODULES = 150;

/** Keeps account of the modules of the package that a program loads. */
const COUNT = `
import { registerHooks } from 'node:module';
globalThis.loaded = [];
registerHooks({
  load(url, context, next) {
    const [, path] = /\\/vascusim\\/dist\\/(.*)$/.exec(url) ?? [];
    if (path !== undefined) globalThis.loaded.push(path);
    return next(url, context);
  },
});`;

/** Rooms that speak to servers. */
const WIRE = /^protocols\//;
/** Code that reads archives. */
const ARCHIVES = /^archives\/(?!choose-|lazy-)/;
/** Code of sources beside what says which kinds there are. */
const READING = /^sources\/.*(?:-source|open|client|connection|check|walk|body)\.js$/;

let installed: InstalledPackage;
let dist: string;

beforeAll(async () => {
  installed = await installPackage();
  dist = join(installed.folder, 'node_modules/vascusim/dist');
  await mkdir(join(installed.folder, 'cases'));
  await writeFile(join(installed.folder, 'cases/a.vtu'), smallVtu());
});
afterAll(() => installed[Symbol.asyncDispose]());

async function loadedBy(program: string): Promise<string[]> {
  const text = `${program}\nconsole.log(JSON.stringify(globalThis.loaded));`;
  return JSON.parse((await installed.runInNode(text, COUNT)).trim().split('\n').at(-1) ?? '') as string[];
}

/** Modules that an entry of dist imports, without those that it may import later. */
function staticImports(entry: string, seen = new Set<string>()): Set<string> {
  const path = relative(dist, entry);
  if (seen.has(path)) return seen;
  seen.add(path);
  const imports = readFileSync(entry, 'utf8').matchAll(
    /^(?:import|export)\b[^'"();]*?from\s*'(\.[^']+)'|^import\s*'(\.[^']+)'/gm,
  );
  for (const [, from, alone] of imports) staticImports(join(dirname(entry), from ?? alone ?? ''), seen);
  return seen;
}

describe('the door data', () => {
  test(`loads at most ${MAX_MODULES} modules, none of a wire client and none that reads a source`, async () => {
    const loaded = await loadedBy("import 'vascusim/data';");
    expect(loaded.filter((path) => WIRE.test(path) || READING.test(path) || ARCHIVES.test(path))).toEqual([]);
    expect(loaded.length).toBeLessThanOrEqual(MAX_MODULES);
    // Both ways of counting say the same, so that neither looks past something.
    expect(loaded.toSorted()).toEqual([...staticImports(join(dist, 'data.js'))].toSorted());
    expect(loaded).toContain('sources/smb/kind.js');
  });

  test('loads for a folder what reads a folder, and no other source', async () => {
    const loaded = await loadedBy(`
      import { VascuDataset } from 'vascusim/data';
      const dataset = await VascuDataset.open({ sourceUrl: 'cases' });
      console.log((await dataset.get(0)).id);
      await dataset.close();`);
    expect(loaded.filter((path) => WIRE.test(path))).toEqual([]);
    expect(loaded.filter((path) => READING.test(path))).toEqual([
      'sources/local/open.js',
      'sources/local/local-source.js',
      'sources/local/file-body.js',
    ]);
  });

  test('loads for a web server its client, and neither that of SMB nor other sources', async () => {
    const loaded = await loadedBy(`
      import { VascuDataset } from 'vascusim/data';
      await VascuDataset.open({ sourceUrl: 'http://127.0.0.1:1/', tries: 1 }).catch(() => undefined);`);
    expect(loaded).toContain('protocols/http/client.js');
    expect(
      loaded.filter((path) =>
        /^protocols\/smb\/|^sources\/(?:smb|synology|hugging-face|local)\/open/.test(path),
      ),
    ).toEqual([]);
  });
});

test('the door io has all kinds at once', () => {
  const all = staticImports(join(dist, 'io.js'));
  for (const kind of ['local', 'http', 'synology', 'smb', 'hugging-face'])
    expect(all).toContain(`sources/${kind}/open.js`);
});
