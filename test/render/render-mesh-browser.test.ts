import { expect, test } from 'vitest';
import { UnsupportedError } from '../../src/core/errors.ts';
import { readMesh } from '../../src/mesh/mesh-files.ts';
import { renderMesh, renderMeshAsync } from '../../src/render/render-mesh-browser.ts';
import { smallVtu } from '../dataset/small-mesh.ts';

const mesh = await readMesh(Buffer.from(smallVtu({ points: 9 })));
const size = { attribute: 'pressure', width: 200, height: 150 } as const;
const OPTIONS = [
  { slice: [1, 0, 0, 1.5] },
  { clip: [1, 0, 0, 3] },
  { title: 'Druck in Pa — Δp' },
  { unit: 'µm' },
] as const;

test('in a browser pictures that need more code are drawn once it was loaded, as in Node', async () => {
  for (const options of OPTIONS) {
    const draw = (): unknown => renderMesh(mesh, { ...size, ...options });
    expect(draw).toThrow(UnsupportedError);
    expect(draw).toThrow(/await renderMeshAsync/);
  }
  const drawn = await Promise.all(OPTIONS.map((options) => renderMeshAsync(mesh, { ...size, ...options })));
  const again = OPTIONS.map((options) => renderMesh(mesh, { ...size, ...options }));
  expect(again).toEqual(drawn);
  const whole = await import('../../src/render/render-mesh.ts');
  expect(OPTIONS.map((options) => whole.renderMesh(mesh, { ...size, ...options }))).toEqual(drawn);
});
