import { appendFileSync, mkdirSync, readdirSync, rmSync, statSync, symlinkSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { WorkModule } from '../../src/core/dataset.ts';
import { VascuDataset } from '../../src/dataset/vascu-dataset.ts';
import { MemorySource } from '../streamers/memory-source.ts';
import { makeFolder } from '../temporary-folder.ts';
import { smallPvtu, smallVtu } from './small-mesh.ts';

/** What may become of a cached file while it is held. */
const DAMAGES: Readonly<Record<string, (path: string) => void>> = {
  emptied: (path) => truncateSync(path, 0),
  cut: (path) => truncateSync(path, statSync(path).size >> 1),
  longer: (path) => appendFileSync(path, 'more'),
  'a folder': (path) => {
    rmSync(path);
    mkdirSync(path);
  },
  'a link to nowhere': (path) => {
    rmSync(path);
    symlinkSync(join(path, '..', 'nowhere'), path);
  },
  'a link to itself': (path) => {
    rmSync(path);
    symlinkSync(path, path);
  },
};

const WAYS = Object.keys(DAMAGES).flatMap((damage) =>
  ['get', 'threads'].flatMap((by) => [true, false].map((cacheDecoded) => ({ damage, by, cacheDecoded }))),
);

test.each(WAYS)(
  'a sample whose files are $damage before they are decoded is brought anew ($by, decoded: $cacheDecoded)',
  async ({ damage, by, cacheDecoded }) => {
    const source = new MemorySource();
    const text = new TextEncoder();
    source.put('a/0.vtu', text.encode(smallVtu({ pointData: { pressure: 5 } })));
    source.put('a.pvtu', text.encode(smallPvtu(['a/0.vtu'])));
    const cacheDir = join(await makeFolder(), 'cache');
    const dataset = await VascuDataset.open({ source, cacheDir, cacheDecoded });
    onTestFinished(() => dataset.close());
    const damageAll = (): void => {
      const found = readdirSync(join(cacheDir, 'objects'), { recursive: true, withFileTypes: true });
      for (const each of found) if (each.isFile()) DAMAGES[damage]?.(join(each.parentPath, each.name));
    };
    for (let epoch = 0; epoch < 2; epoch++) {
      if (by === 'get') {
        await dataset.get(0);
        damageAll();
        expect((await dataset.get(0)).node['pressure']?.data[0]).toBe(5);
        continue;
      }
      const work = await dataset.work(0);
      damageAll();
      const { run } = (await import(work.module)) as WorkModule;
      const { value } = await run(work.input, new AbortController().signal);
      expect((await work.finish(value)).node['pressure']?.data[0]).toBe(5);
      work.release?.();
    }
  },
);
