import { expect, test } from 'vitest';
import { ConfigError, UnsupportedError } from '../../src/core/errors.ts';
import { meshToGraph as nodes, meshToGraphAsync as nodesAsync } from '../../src/graph/mesh-to-graph.ts';
import { meshToGraph, meshToGraphAsync } from '../../src/graph/mesh-to-graph-browser.ts';
import { readMesh } from '../../src/mesh.ts';
import { smallVtu } from '../dataset/small-mesh.ts';

const mesh = await readMesh(Buffer.from(smallVtu({ points: 7, cellData: { region: 2 } })));
const cells = { graphOf: 'cells' } as const;

test('in a browser graphs of cells are made once their code was loaded', async () => {
  expect(() => meshToGraph(mesh, cells)).toThrow(UnsupportedError);
  expect(() => meshToGraph(mesh, cells)).toThrow(/await meshToGraphAsync/);
  expect(await meshToGraphAsync(mesh, cells)).toEqual(nodes(mesh, cells));
  expect(meshToGraph(mesh, cells)).toEqual(nodes(mesh, cells));
});

test('in a browser graphs of points are those of Node', async () => {
  const options = { id: 'a', normalize: true };
  expect(meshToGraph(mesh, options)).toEqual(nodes(mesh, options));
  expect(await meshToGraphAsync(mesh, options)).toEqual(await nodesAsync(mesh, options));
});

test('in a browser another kind of graph is refused as in Node', async () => {
  const wrong = { graphOf: 'faces' as never };
  expect(() => meshToGraph(mesh, wrong)).toThrow(ConfigError);
  await expect(meshToGraphAsync(mesh, wrong)).rejects.toThrow(ConfigError);
});
