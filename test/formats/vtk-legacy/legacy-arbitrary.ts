import { fc } from '../../property.ts';
import type { LegacyContent, LegacyStyle, WrittenArray } from './legacy-writer.ts';

const names = fc.oneof(
  fc.string({ minLength: 1, maxLength: 8 }).map((text) => text.replaceAll('\0', '0')),
  fc.constantFrom(
    'wall shear "τ" 100%',
    '__proto__',
    'METADATA',
    'NULL_ARRAY',
    'POINTS',
    '%41',
    'a\nb\tc',
    '100%_a',
  ),
);

const ranges: Readonly<Record<string, readonly [min: number, max: number]>> = {
  unsigned_char: [0, 255],
  char: [-128, 127],
  signed_char: [-128, 127],
  unsigned_short: [0, 65_535],
  short: [-32_768, 32_767],
  unsigned_int: [0, 2 ** 32 - 1],
  int: [-(2 ** 31), 2 ** 31 - 1],
  vtkIdType: [-(2 ** 31), 2 ** 31 - 1],
  bit: [0, 1],
  // Either size of a long holds them.
  long: [-(2 ** 31), 2 ** 31 - 1],
  unsigned_long: [0, 2 ** 32 - 1],
};

/** Any value of a type. */
function valueOf(type: string): fc.Arbitrary<number | bigint | string> {
  if (type === 'float') return fc.float().map((value) => value + 0);
  if (type === 'double') return fc.double().map((value) => value + 0);
  if (type === 'vtktypeint64') return fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
  if (type === 'vtktypeuint64') return fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
  if (type === 'string')
    return fc.oneof(fc.string({ maxLength: 9 }), fc.constantFrom('x'.repeat(100), '', ' a ', '\n'));
  const [min, max] = ranges[type] as readonly [number, number];
  return fc.integer({ min, max });
}

const fieldTypes = [...Object.keys(ranges), 'float', 'double', 'vtktypeint64', 'vtktypeuint64', 'string'];
const plainTypes = fieldTypes.filter((type) => type !== 'string' && type !== 'bit');

const shapes = {
  SCALARS: [1, 4],
  VECTORS: [3, 3],
  NORMALS: [3, 3],
  TENSORS: [9, 9],
  TENSORS6: [6, 6],
  TEXTURE_COORDINATES: [1, 3],
  GLOBAL_IDS: [1, 1],
  PEDIGREE_IDS: [1, 1],
  EDGE_FLAGS: [1, 1],
  COLOR_SCALARS: [1, 4],
  FIELD: [1, 5],
} as const;

function arrayOf(keyword: keyof typeof shapes, rows: number): fc.Arbitrary<WrittenArray> {
  const [least, most] = shapes[keyword];
  const types =
    keyword === 'COLOR_SCALARS' ? ['unsigned_char'] : keyword === 'FIELD' ? fieldTypes : plainTypes;
  return fc
    .record({
      name: names,
      type: fc.constantFrom(...types),
      components: fc.integer({ min: least, max: most }),
    })
    .chain(({ name, type, components }) => {
      const length = rows * components;
      return fc.record({
        keyword: fc.constant(keyword as string),
        name: fc.constant(name),
        type: fc.constant(type),
        components: fc.constant(components),
        values: fc.array(valueOf(type), { minLength: length, maxLength: length }),
        componentNames: fc.option(fc.array(names, { minLength: components, maxLength: components }), {
          nil: undefined,
        }),
      });
    });
}

function sectionOf(rows: number, keywords: readonly (keyof typeof shapes)[]): fc.Arbitrary<WrittenArray[]> {
  return fc.array(
    fc.constantFrom(...keywords).chain((keyword) => arrayOf(keyword, rows)),
    { maxLength: 5 },
  );
}

const cellTypes: Readonly<Record<number, number>> = { 1: 1, 3: 2, 5: 3, 9: 4, 10: 4, 12: 8, 4: 5, 7: 5 };

/** A face stream of a tetrahedron over these points. */
function facesOf([a = 0, b = 0, c = 0, d = 0]: readonly number[]): number[] {
  return [4, 3, a, b, c, 3, a, b, d, 3, a, c, d, 3, b, c, d];
}

const keywords = Object.keys(shapes) as (keyof typeof shapes)[];

/** Content of any legacy file that is read. */
export const anyContent: fc.Arbitrary<LegacyContent> = fc
  .record({
    isGrid: fc.boolean(),
    rows: fc.integer({ min: 1, max: 9 }),
    pointType: fc.constantFrom('float', 'double', 'int', 'short'),
  })
  .chain(({ isGrid, rows, pointType }) => {
    const point = fc.nat(rows - 1);
    const cellOf = (length: number): fc.Arbitrary<number[]> =>
      fc.array(point, { minLength: length, maxLength: length });
    const cell = fc.oneof(
      fc
        .constantFrom(...Object.keys(cellTypes))
        .chain((type) =>
          cellOf(cellTypes[Number(type)] as number).map((points) => ({ type: Number(type), points })),
        ),
      cellOf(4).map((points) => ({ type: 42, points: facesOf(points) })),
    );
    const grid = fc.array(cell, { maxLength: 5 }).map((cells) => ({
      kind: 'UNSTRUCTURED_GRID',
      groups: { CELLS: cells.map(({ points }) => points) } as Record<string, number[][]>,
      types: cells.map(({ type }) => type),
    }));
    const group = (least: number): fc.Arbitrary<number[][]> =>
      fc.array(fc.integer({ min: least, max: 5 }).chain(cellOf), { maxLength: 3 });
    const poly = fc
      .record({ VERTICES: group(1), LINES: group(2), POLYGONS: group(3), TRIANGLE_STRIPS: group(3) })
      .map((groups) => ({
        kind: 'POLYDATA',
        groups: groups as Record<string, number[][]>,
        types: undefined,
      }));
    return (isGrid ? grid : poly).chain((geometry) => {
      const cells = Object.values(geometry.groups).flat().length;
      return fc.record({
        kind: fc.constant(geometry.kind),
        groups: fc.constant(geometry.groups),
        types: fc.constant(geometry.types),
        pointType: fc.constant(pointType),
        points: fc.array(valueOf(pointType) as fc.Arbitrary<number>, {
          minLength: 3 * rows,
          maxLength: 3 * rows,
        }),
        pointData: sectionOf(rows, keywords),
        cellData: sectionOf(cells, keywords),
        fieldData: fc.array(
          fc.nat(3).chain((tuples) => arrayOf('FIELD', tuples)),
          { maxLength: 3 },
        ),
      });
    });
  });

/** Any way in which writers differ. */
export const anyStyle: fc.Arbitrary<LegacyStyle> = fc.record({
  encoding: fc.constantFrom('ascii' as const, 'binary' as const),
  version: fc.constantFrom('1.0', '2.0', '3.0', '4.2', '5.0', '5.1', '6.0'),
  cells: fc.constantFrom('listed' as const, 'indexed' as const),
  indexType: fc.constantFrom('vtktypeint64', 'int'),
  newline: fc.constantFrom('\n', '\r\n'),
  space: fc.constantFrom(' ', '\t', '  '),
  wordCase: fc.constantFrom('upper' as const, 'lower' as const, 'mixed' as const),
  cellsFirst: fc.boolean(),
  cellDataFirst: fc.boolean(),
  feedBehindData: fc.boolean(),
  trail: fc.constantFrom('', ' ', '\t '),
  longBytes: fc.constantFrom(4 as const, 8 as const),
  extras: fc.boolean(),
});
