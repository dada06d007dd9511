import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CellType, type Mesh, type Tensor, writeMesh } from '../../src/mesh.ts';

/** Number of cells along each axis. */
const CELLS_ALONG = 4;

/** Options of {@link makeBlock}. */
interface BlockOptions {
  /** Place of its first corner. */
  readonly origin?: readonly [number, number, number];
  readonly alongZ?: number;
  /** Values over points by the place of each. */
  readonly pointData?: Readonly<
    Record<string, (x: number, y: number, z: number) => number | readonly number[]>
  >;
}

/** Makes a block of hexahedra of edge length 1. */
export function makeBlock({
  origin = [0, 0, 0],
  alongZ = CELLS_ALONG,
  pointData = {},
}: BlockOptions = {}): Mesh {
  const along = [CELLS_ALONG, CELLS_ALONG, alongZ] as const;
  const [nx, ny, nz] = along.map((count) => count + 1) as [number, number, number];
  const places: [number, number, number][] = [];
  for (let k = 0; k < nz; k++)
    for (let j = 0; j < ny; j++)
      for (let i = 0; i < nx; i++) places.push([origin[0] + i, origin[1] + j, origin[2] + k]);
  const corners = [
    [0, 0, 0],
    [1, 0, 0],
    [1, 1, 0],
    [0, 1, 0],
    [0, 0, 1],
    [1, 0, 1],
    [1, 1, 1],
    [0, 1, 1],
  ] as const;
  const connectivity: number[] = [];
  for (let k = 0; k + 1 < nz; k++)
    for (let j = 0; j + 1 < ny; j++)
      for (let i = 0; i + 1 < nx; i++)
        for (const [a, b, c] of corners) connectivity.push(i + a + nx * (j + b + ny * (k + c)));
  const numCells = connectivity.length / 8;
  const arrays = Object.entries(pointData).map(([name, of]): [string, Tensor] => {
    const rows = places.map((place) => [of(...place)].flat());
    const width = rows[0]?.length ?? 1;
    return [
      name,
      { data: Float64Array.from(rows.flat()), shape: width === 1 ? [rows.length] : [rows.length, width] },
    ];
  });
  return {
    kind: 'UnstructuredGrid',
    points: { data: Float64Array.from(places.flat()), shape: [places.length, 3] },
    cells: {
      types: new Uint8Array(numCells).fill(CellType.Hexahedron),
      connectivity: Int32Array.from(connectivity),
      offsets: Int32Array.from({ length: numCells + 1 }, (_, cell) => 8 * cell),
    },
    pointData: new Map(arrays),
    cellData: new Map([
      ['number', { data: Float32Array.from({ length: numCells }, (_, cell) => cell), shape: [numCells] }],
    ]),
    fieldData: new Map(),
  };
}

/** Makes a mesh of two lines and a point. */
export function makeLines(): Mesh {
  return {
    kind: 'PolyData',
    points: { data: Float64Array.of(0, 0, 0, 1, 0, 0, 1, 1, 0, 3, 3, 3), shape: [4, 3] },
    cells: {
      types: Uint8Array.of(CellType.Vertex, CellType.PolyLine),
      connectivity: Int32Array.of(3, 0, 1, 2),
      offsets: Int32Array.of(0, 1, 4),
    },
    pointData: new Map([['radius', { data: Float64Array.of(1, 2, 3, 4), shape: [4] }]]),
    cellData: new Map(),
    fieldData: new Map(),
  };
}

/** Makes a mesh without anything. */
export function makeEmpty(): Mesh {
  return {
    kind: 'PolyData',
    points: { data: new Float64Array(0), shape: [0, 3] },
    cells: { types: new Uint8Array(0), connectivity: new Int32Array(0), offsets: Int32Array.of(0) },
    pointData: new Map(),
    cellData: new Map(),
    fieldData: new Map(),
  };
}

/** Writes meshes and their metadata into a folder. */
export async function writeSamples(
  folder: string,
  samples: Readonly<Record<string, readonly [mesh: Mesh, metadata?: object]>>,
): Promise<void> {
  for (const [name, [mesh, metadata]] of Object.entries(samples)) {
    await writeMesh(join(folder, name), mesh, { compressor: 'zlib' });
    if (metadata !== undefined)
      await writeFile(join(folder, name.replace(/\.[^.]*$/, '.json')), JSON.stringify(metadata));
  }
}
