import { existsSync } from 'node:fs';
import { expect, test } from 'vitest';
import manifest from '../../package.json' with { type: 'json' };

test.each(['data', 'io', 'loader', 'mesh'])('the door %s is a subpath export', (door) => {
  expect(manifest.exports).toHaveProperty([`./${door}`]);
  expect(existsSync(`src/${door}.ts`)).toBe(true);
});

test('every door is also exported from the package itself', async () => {
  const all = Object.keys(await import('../../src/index.ts'));
  const doors = [
    await import('../../src/data.ts'),
    await import('../../src/io.ts'),
    await import('../../src/loader.ts'),
    await import('../../src/mesh.ts'),
  ];
  expect(all).toEqual(expect.arrayContaining(doors.flatMap(Object.keys)));
});

test('each runtime dependency is justified in docs/decisions', () => {
  for (const name of Object.keys(manifest.dependencies)) {
    expect(existsSync(`docs/decisions/${name}.md`), `docs/decisions/${name}.md`).toBe(true);
  }
});
