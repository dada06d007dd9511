import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { smallVtu } from '../dataset/small-mesh.ts';
import { makeFolder } from '../temporary-folder.ts';
import { type InstalledPackage, installPackage } from './built-package.ts';

const execute = promisify(execFile);

const PROGRAM = `
import { VascuDataset, StreamingVascuDataset } from 'vascusim/data';
import { DataLoader } from 'vascusim/loader';
const [folder, numWorkers] = [process.argv[2], Number(process.argv[3])];
(async () => {
  const ids = [];
  for (const Dataset of [VascuDataset, StreamingVascuDataset]) {
    const dataset = await Dataset.open({ sourceUrl: folder });
    try {
      const loader = new DataLoader(dataset, { numWorkers, batchSize: 2 });
      for await (const batch of loader) ids.push(...batch.ids);
      await loader.close();
    } catch (error) {
      ids.push({ code: error.code, option: error.option, message: error.message });
    }
    await dataset.close();
  }
  console.log(JSON.stringify(ids));
})();
`;

let installed: InstalledPackage;
beforeAll(async () => {
  installed = await installPackage();
});
afterAll(() => installed[Symbol.asyncDispose]());

/** What the program prints, bundled into a folder where there is nothing else. */
async function run(way: (typeof WAYS)[number], numWorkers: number): Promise<unknown> {
  const [, format, url] = way;
  const transform = url === undefined ? {} : { define: { 'import.meta.url': url } };
  const { code } = await installed.bundle(PROGRAM, { platform: 'node', format, transform });
  const folder = await makeFolder();
  const file = join(folder, format === 'cjs' ? 'program.cjs' : 'program.mjs');
  await writeFile(file, code);
  const meshes = await makeFolder({ 'a.vtu': smallVtu(), 'b.vtu': smallVtu(), 'c.vtu': smallVtu() });
  const { stdout } = await execute(process.execPath, [file, meshes, String(numWorkers)]);
  return JSON.parse(stdout);
}

/** Form of the bundle, and what its bundler puts in the place of `import.meta.url`; nothing: it stays. */
const WAYS: readonly (readonly [name: string, format: 'esm' | 'cjs', url: string | undefined])[] = [
  ['modules', 'esm', undefined],
  ['CommonJS', 'cjs', undefined],
  ['CommonJS, of which the bundler knows no URL', 'cjs', 'undefined'],
  ['a bundle made on another machine', 'esm', '"file:///build/node_modules/vascusim/dist/index.js"'],
  ['a bundle with a URL of its own kind', 'cjs', '"webpack://app/index.js"'],
];

describe.each(WAYS)('in %s', (...way) => {
  test('a loader without workers needs no file of its own', async () => {
    expect(await run(way, 0)).toEqual(['a', 'b', 'c', 'a', 'b', 'c']);
  });

  test('a loader with workers says what it looked for and what to do', async () => {
    const refused = {
      code: 'CONFIG',
      option: 'numWorkers',
      message: expect.stringMatching(
        /bundled with this program.*Leave vascusim out of the bundle.*numWorkers: 0/,
      ),
    };
    expect(await run(way, 2)).toEqual([refused, refused]);
  });
});

test('a bundle from which the package was left out has its workers', async () => {
  const program = PROGRAM.replaceAll(
    "from 'vascusim",
    `from '${installed.folder}/node_modules/vascusim/dist`,
  ).replaceAll(/dist\/(\w+)'/g, "dist/$1.js'");
  const meshes = await makeFolder({ 'a.vtu': smallVtu(), 'b.vtu': smallVtu() });
  const file = join(await makeFolder(), 'program.mjs');
  await writeFile(file, program);
  const { stdout } = await execute(process.execPath, [file, meshes, '2']);
  expect(JSON.parse(stdout)).toEqual(['a', 'b', 'a', 'b']);
});
