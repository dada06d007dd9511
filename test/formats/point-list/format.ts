import { FormatError } from '../../../src/core/errors.ts';
import type { Mesh, MeshArrays, RandomAccess } from '../../../src/core/mesh.ts';
import type { MeshFile, MeshFormat, MeshHeader } from '../../../src/core/mesh-format.ts';

/*
 * A format of the tests: one line of JSON, of HEAD bytes with what fills it, then the points and each array over them as
 * Float32. Each three points are a triangle. It is known to nobody in `src`.
 */
const MAGIC = '{"pointList":';
export const HEAD = 256;
const TRIANGLE = 5;

/** What every file's header has. */
const SAME = { pieceCount: 1, pieceFiles: [], declared: [], leftOut: [], cellArrays: [] } as const;
const STORED = { type: 'PolyData', version: '1', encodings: ['binary'], pointType: 'Float32' } as const;

export interface Parsed {
  readonly pointList: number;
  readonly arrays: readonly string[];
}

export const pointList: MeshFormat = {
  name: 'point list',
  extensions: ['.points'],
  recognize: (head) => new TextDecoder().decode(head.subarray(0, MAGIC.length)) === MAGIC,
  load: async () => ({
    async open(file, { path, parsed, signal }) {
      signal?.throwIfAborted();
      return openList(file, path, (parsed ?? (await readHead(file, path, signal))) as Parsed);
    },
  }),
};

async function readHead(file: RandomAccess, path: string, signal?: AbortSignal): Promise<Parsed> {
  if (file.size < HEAD) throw new FormatError('is cut in its head', { path, offset: file.size });
  return JSON.parse(new TextDecoder().decode(await file.read(0, HEAD, signal))) as Parsed;
}

function openList(file: RandomAccess, path: string, parsed: Parsed): MeshFile {
  const { pointList: count, arrays } = parsed;
  const starts = [...arrays.keys(), arrays.length].map((at) => HEAD + 4 * count * (3 + at));
  const end = starts.at(-1) as number;
  if (file.size !== end) throw new FormatError(`has not ${end} bytes`, { path, offset: file.size });
  const values = async (start: number, length: number, signal?: AbortSignal) =>
    new Float32Array((await file.read(start, 4 * length, signal)).buffer, 0, length);
  const rows = async (name: string, signal?: AbortSignal) =>
    ({ data: await values(starts[arrays.indexOf(name)] as number, count, signal), shape: [count] }) as const;
  const all = arrays.map(
    (name) => ({ name, on: 'node', type: 'Float32', components: 1, range: undefined }) as const,
  );
  const header: MeshHeader = {
    ...SAME,
    ...STORED,
    format: pointList.name,
    size: end,
    points: count,
    cells: count / 3,
    arrays: all,
    pointArrays: arrays,
  };
  return {
    header,
    parsed,
    references: [],
    plan: async ({ attributes = arrays, geometry = true }) => ({
      stretches: [HEAD, ...starts.slice(0, -1)].map((start, at) => ({
        start,
        end: starts[at] as number,
        wanted: at === 0 ? geometry : attributes.includes(arrays[at - 1] as string),
      })),
    }),
    async read({ attributes = arrays, signal }): Promise<Mesh> {
      signal?.throwIfAborted();
      const points = await values(HEAD, 3 * count, signal);
      const pointData = new Map() as Map<string, MeshArrays extends ReadonlyMap<string, infer A> ? A : never>;
      for (const name of arrays) if (attributes.includes(name)) pointData.set(name, await rows(name, signal));
      const cells = {
        types: new Uint8Array(count / 3).fill(TRIANGLE),
        connectivity: Int32Array.from({ length: count }, (_, at) => at),
        offsets: Int32Array.from({ length: count / 3 + 1 }, (_, at) => 3 * at),
      };
      const nothing = { cellData: new Map(), fieldData: new Map() };
      return { kind: 'PolyData', points: { data: points, shape: [count, 3] }, cells, pointData, ...nothing };
    },
    async *arrays({ attributes = arrays, signal }) {
      signal?.throwIfAborted();
      for (const name of arrays)
        if (attributes.includes(name)) yield { name, on: 'node', tensor: await rows(name, signal) };
    },
  };
}
