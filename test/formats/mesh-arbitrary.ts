import { CellType } from '../../src/core/cell-types.ts';
import type { Cells, Mesh, Tensor, TypedArray } from '../../src/core/mesh.ts';
import { fc } from '../property.ts';

const arrays: readonly (new (values: never) => TypedArray)[] = [
  Int8Array,
  Uint8Array,
  Int16Array,
  Uint16Array,
  Int32Array,
  Uint32Array,
  Float32Array,
  Float64Array,
];

/** A tensor of `rows` rows, of any type and any values of that type. */
function tensorOf(rows: number): fc.Arbitrary<Tensor> {
  return fc.integer({ min: 1, max: 9 }).chain((width) => {
    const length = rows * width;
    const shape = width === 1 ? [rows] : [rows, width];
    const bytes = fc.uint8Array({ minLength: 8 * length, maxLength: 8 * length });
    const plain = fc.tuple(fc.constantFrom(...arrays), bytes).map(([View, raw]) => {
      const all = new (View as unknown as new (buffer: ArrayBuffer) => TypedArray)(
        Uint8Array.from(raw).buffer,
      );
      const data = all.slice(0, length) as TypedArray;
      // One NaN of many: text has only one.
      if (data instanceof Float32Array || data instanceof Float64Array) {
        data.forEach((value, at) => {
          if (Number.isNaN(value)) data[at] = Number.NaN;
        });
      }
      return { data, shape };
    });
    const safe = fc.array(fc.maxSafeInteger(), { minLength: length, maxLength: length }).map((values) => ({
      data: Float64Array.from(values, (value) => value + 0),
      shape,
      storedAs: 'Int64' as const,
    }));
    const exact = bytes
      .map((raw) => new BigUint64Array(Uint8Array.from(raw).buffer))
      .filter((data) => data.some((value) => value >= 2n ** 53n))
      .map((data) => ({ data, shape, storedAs: 'UInt64' as const }));
    return length === 0 ? plain : fc.oneof(plain, plain, safe, exact);
  });
}

const names = fc.uniqueArray(
  fc.oneof(fc.string({ minLength: 1, maxLength: 12 }), fc.constantFrom('__proto__', 'a<b>&"c\'', 'é µ')),
  {
    maxLength: 4,
  },
);

function dataOf(rows: number): fc.Arbitrary<Map<string, Tensor>> {
  return names.chain((keys) =>
    fc
      .tuple(...keys.map(() => tensorOf(rows)))
      .map(
        (tensors) => new Map(keys.map((key, index) => [key.replaceAll('\0', '0'), tensors[index] as Tensor])),
      ),
  );
}

const sizes = new Map<number, number>([
  [CellType.Vertex, 1],
  [CellType.Line, 2],
  [CellType.Triangle, 3],
  [CellType.Tetra, 4],
  [CellType.Hexahedron, 8],
  [CellType.Wedge, 6],
  [CellType.PolyLine, 5],
  [CellType.Polygon, 5],
  [CellType.QuadraticTetra, 10],
  [CellType.PolyVertex, 3],
  [CellType.Quad, 4],
  [CellType.TriangleStrip, 6],
]);

function cellsOf(types: readonly number[], numPoints: number): fc.Arbitrary<Cells> {
  const counts = types.map((type) => sizes.get(type) as number);
  const offsets = new Int32Array(types.length + 1);
  for (const [cell, count] of counts.entries()) offsets[cell + 1] = (offsets[cell] as number) + count;
  const length = offsets.at(-1) as number;
  return fc
    .array(fc.nat(Math.max(0, numPoints - 1)), { minLength: length, maxLength: length })
    .map((connectivity) => ({
      types: Uint8Array.from(types),
      connectivity: Int32Array.from(connectivity),
      offsets,
    }));
}

const gridTypes = [...sizes.keys()];
const polyTypes = [
  [CellType.Vertex, CellType.PolyVertex],
  [CellType.Line, CellType.PolyLine],
  [CellType.Triangle, CellType.Quad, CellType.Polygon],
  [CellType.TriangleStrip],
];

const fieldValue: fc.Arbitrary<Tensor | readonly string[]> = fc.oneof(
  fc.nat(4).chain(tensorOf),
  fc.array(fc.string({ maxLength: 8 }).map((text) => text.replaceAll('\0', ''))),
);

/** Any mesh that the writer can write: both kinds, all numeric types, awkward names. */
export const anyMesh: fc.Arbitrary<Mesh> = fc
  .record({ kind: fc.constantFrom('UnstructuredGrid' as const, 'PolyData' as const), numPoints: fc.nat(20) })
  .chain(({ kind, numPoints }) => {
    const anyTypes =
      numPoints === 0
        ? fc.constant([])
        : kind === 'UnstructuredGrid'
          ? fc.array(fc.constantFrom(...gridTypes), { maxLength: 8 })
          : fc
              .tuple(...polyTypes.map((group) => fc.array(fc.constantFrom(...group), { maxLength: 3 })))
              .map((groups) => groups.flat());
    return anyTypes.chain((types) =>
      fc.record({
        kind: fc.constant(kind),
        points: fc
          .tuple(
            fc.boolean(),
            fc.array(fc.float({ noNaN: true }), { minLength: 3 * numPoints, maxLength: 3 * numPoints }),
          )
          .map(([double, values]) => ({
            data:
              double && numPoints > 0
                ? Float64Array.from(values, (value) => value * 1.1)
                : Float32Array.from(values),
            shape: [numPoints, 3],
          })),
        cells: cellsOf(types, numPoints),
        pointData: dataOf(numPoints),
        cellData: dataOf(types.length),
        fieldData: fc
          .tuple(names, fc.array(fieldValue, { minLength: 4, maxLength: 4 }))
          .map(
            ([keys, values]) => new Map(keys.map((key, at) => [key.replaceAll('\0', '0'), values[at] ?? []])),
          ),
      }),
    );
  });
