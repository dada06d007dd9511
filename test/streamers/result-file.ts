import type { Mesh, Tensor, TypedArray } from '../../src/core/mesh.ts';
import { type WriteOptions, writeVtkXml } from '../../src/formats/vtk-xml/writer.ts';

/** A field of a result. */
export interface ResultField {
  readonly name: string;
  readonly over: 'points' | 'cells';
  readonly components: number;
  readonly Type: new (length: number) => TypedArray;
}

/** Twelve fields as a solver writes them: nine over points, three over cells. */
export const TWELVE_FIELDS: readonly ResultField[] = [
  ...fieldsOf('points', 1, 'density', 'pressure', 'viscosity', 'wss', 'osi', 'residence', 'temperature'),
  ...fieldsOf('points', 3, 'velocity', 'vorticity'),
  ...fieldsOf('cells', 1, 'partition', 'quality', 'region'),
];

function fieldsOf(over: ResultField['over'], components: number, ...names: readonly string[]): ResultField[] {
  return names.map((name) => ({ name, over, components, Type: Float32Array }));
}

/** A mesh of tetrahedra, 4.8 to a point, with these fields; its values follow from the seed. */
export function resultMesh(points: number, fields: readonly ResultField[], seed = 1): Mesh {
  const random = generator(seed);
  const cells = Math.floor(4.8 * points);
  const tensor = (rows: number, components: number, Type: ResultField['Type']): Tensor => {
    const data = new Type(rows * components);
    for (let at = 0; at < data.length; at++) {
      const value = random();
      data[at] =
        data instanceof Float32Array || data instanceof Float64Array ? Math.fround(value) : value * 200;
    }
    return { data, shape: components === 1 ? [rows] : [rows, components] };
  };
  const dataOf = (over: ResultField['over'], rows: number): Map<string, Tensor> =>
    new Map(
      fields
        .filter((field) => field.over === over)
        .map(({ name, components, Type }) => [name, tensor(rows, components, Type)]),
    );
  const connectivity = new Int32Array(4 * cells);
  for (let at = 0; at < connectivity.length; at++) {
    connectivity[at] = Math.min(points - 1, Math.floor((at / connectivity.length) * points + 8 * random()));
  }
  return {
    kind: 'UnstructuredGrid',
    points: tensor(points, 3, Float32Array) as Mesh['points'],
    cells: {
      types: new Uint8Array(cells).fill(10),
      connectivity,
      offsets: Int32Array.from({ length: cells + 1 }, (_, cell) => 4 * cell),
    },
    pointData: dataOf('points', points),
    cellData: dataOf('cells', cells),
    fieldData: new Map([['TimeValue', { data: Float64Array.of(0.5), shape: [1] }]]),
  };
}

/** Other fields on the same mesh, as of another step of time. */
export function nextStep({ points, cells }: Mesh, fields: readonly ResultField[], seed: number): Mesh {
  return { ...resultMesh(points.shape[0] as number, fields, seed), points, cells };
}

/** The bytes of a mesh file. */
export async function resultFile(mesh: Mesh, options: WriteOptions = {}): Promise<Uint8Array<ArrayBuffer>> {
  const parts: Uint8Array<ArrayBuffer>[] = [];
  for await (const part of writeVtkXml(mesh, options)) parts.push(Uint8Array.from(part));
  return new Uint8Array(await new Blob(parts).arrayBuffer());
}

/** Numbers in 0 … 1 (mulberry32). */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Every array of a mesh as bytes, to be compared bit by bit. */
export function bitsOf({ kind, points, cells, pointData, cellData, fieldData }: Mesh): Map<string, Buffer> {
  const bits = new Map<string, Buffer>([['kind', Buffer.from(kind)]]);
  const add = (name: string, data: TypedArray | undefined, note: unknown = ''): void => {
    if (data === undefined) return;
    const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
    bits.set(`${name} ${data.constructor.name} ${JSON.stringify(note)}`, bytes);
  };
  add('points', points.data, points.shape);
  for (const [name, data] of Object.entries(cells)) add(`cells ${name}`, data as TypedArray);
  for (const [section, data] of Object.entries({ pointData, cellData, fieldData })) {
    for (const [name, value] of data) {
      if ('data' in value) add(`${section} ${name}`, value.data, [value.shape, value.storedAs]);
      else bits.set(`${section} ${name}`, Buffer.from(JSON.stringify(value)));
    }
  }
  return bits;
}

/** The content of a file of the scenario of crashes: of the parts and wholes in a cache by what they are called there. */
export async function partsContent(path: string): Promise<Uint8Array<ArrayBuffer>> {
  const seed = path.charCodeAt(0);
  const first = resultMesh(1500, TWELVE_FIELDS, 'a'.charCodeAt(0));
  const mesh =
    path === 'c.vtu' ? nextStep(first, TWELVE_FIELDS, seed) : resultMesh(1500, TWELVE_FIELDS, seed);
  return resultFile(mesh, { compressor: 'none' });
}
