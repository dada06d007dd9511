import { CellType } from '../../core/cell-types.ts';
import { ConfigError } from '../../core/errors.ts';
import {
  type Cells,
  countValues,
  isTensor,
  type Mesh,
  type SectionDetails,
  type Tensor,
  type TypedArray,
} from '../../core/mesh.ts';

/** An array as it is written. */
export interface WrittenArray {
  readonly name: string;
  /** Value of the `type` attribute. */
  readonly type: string;
  readonly components: number;
  /** Value of `NumberOfTuples`, where it is written. */
  readonly tuples?: number | undefined;
  /** True when the range of the values is written. */
  readonly ranged?: boolean | undefined;
  readonly values: TypedArray;
  /** Names of the components, empty where one has none. */
  readonly componentNames?: readonly string[] | undefined;
  /** True when VTK makes an array of ids of it. */
  readonly isId?: boolean | undefined;
}

/** Number of values looked at between two steps. */
const VALUES_PER_STEP = 2 ** 18;

/** A section of a piece and its arrays. */
export interface WrittenSection {
  readonly name: string;
  readonly arrays: readonly WrittenArray[];
  /** Names of its active arrays by what they are. */
  readonly active?: ReadonlyMap<string, string> | undefined;
}

const typeNames: ReadonlyMap<unknown, string> = new Map<unknown, string>([
  [Int8Array, 'Int8'],
  [Uint8Array, 'UInt8'],
  [Int16Array, 'Int16'],
  [Uint16Array, 'UInt16'],
  [Int32Array, 'Int32'],
  [Uint32Array, 'UInt32'],
  [BigInt64Array, 'Int64'],
  [BigUint64Array, 'UInt64'],
  [Float32Array, 'Float32'],
  [Float64Array, 'Float64'],
]);

/** Brings a tensor into the type that it was or should be stored in. */
function toArray(name: string, { data, shape, storedAs }: Tensor, withTuples = false): WrittenArray {
  let values: TypedArray = data;
  if (storedAs !== undefined && data instanceof Float64Array) {
    values = storedAs === 'Int64' ? BigInt64Array.from(data, BigInt) : BigUint64Array.from(data, BigInt);
  }
  const components = countValues(shape.slice(1));
  const type = typeNames.get(values.constructor) as string;
  return { name, type, components, values, tuples: withTuples ? shape[0] : undefined };
}

/** @param components - strings in a tuple */
function stringsToArray(name: string, strings: readonly string[], components: number): WrittenArray {
  const bytes = new TextEncoder().encode(strings.map((text) => `${text}\0`).join(''));
  return { name, type: 'String', components, values: new Int8Array(bytes.buffer) };
}

/** @param rows - tuples of each array; undefined where each has its own number, which is written */
function writtenArrays(
  data: Mesh['fieldData'],
  rows: number | undefined,
  details: SectionDetails | undefined,
): readonly WrittenArray[] {
  return [...data].map(([name, array]) => {
    const { componentNames, stringsInTuple = 1, isId } = details?.arrays.get(name) ?? {};
    const names = { ...(componentNames === undefined ? {} : { componentNames }), isId };
    if (isTensor(array)) {
      const written = toArray(name, array, rows === undefined);
      return { ...written, ranged: rows !== undefined, ...names };
    }
    if (rows !== undefined)
      return { ...stringsToArray(name, array, array.length / rows || stringsInTuple), ...names };
    const width = array.length % stringsInTuple === 0 ? stringsInTuple : 1;
    return { ...stringsToArray(name, array, width), tuples: array.length / width, ...names };
  });
}

/** Lists the arrays that belong to the whole mesh. */
export function fieldArrays({ fieldData, details }: Mesh): readonly WrittenArray[] {
  return writtenArrays(fieldData, undefined, details?.fieldData);
}

/** Lists the arrays over points and cells, and the points. */
export function dataSections({
  pointData,
  cellData,
  points,
  cells,
  details,
}: Mesh): readonly WrittenSection[] {
  const section = (
    name: string,
    data: Mesh['pointData'],
    rows: number,
    own: SectionDetails | undefined,
  ): WrittenSection => ({
    name,
    arrays: writtenArrays(data, rows, own),
    active: new Map(
      [...(own?.active ?? [])].filter(([as, array]) => /^[A-Za-z]\w*$/.test(as) && data.has(array)),
    ),
  });
  return [
    section('PointData', pointData, points.shape[0] as number, details?.pointData),
    section('CellData', cellData, cells.types.length, details?.cellData),
    { name: 'Points', arrays: [{ ...toArray('Points', points), ranged: true }] },
  ];
}

function integers(name: string, values: TypedArray): WrittenArray {
  return { name, type: typeNames.get(values.constructor) as string, components: 1, values };
}

/** Makes the `Cells` section of an UnstructuredGrid. */
export function gridCells({ types, connectivity, offsets, faces, faceOffsets }: Cells): WrittenSection {
  const arrays = [
    integers('connectivity', connectivity),
    integers('offsets', offsets.subarray(1)),
    integers('types', types),
  ];
  if (faces !== undefined && faceOffsets !== undefined) {
    arrays.push(integers('faces', faces), integers('faceoffsets', faceOffsets));
  }
  return { name: 'Cells', arrays };
}

const { Empty, Vertex, PolyVertex, Line, PolyLine, Triangle, Quad, Polygon, TriangleStrip } = CellType;

/** Groups of PolyData in the order of their cell numbers, with the cell types that may stand in each. */
const polyGroups: readonly { readonly name: string; readonly types: readonly number[] }[] = [
  { name: 'Verts', types: [Empty, Vertex, PolyVertex] },
  { name: 'Lines', types: [Empty, Vertex, Line, PolyLine] },
  { name: 'Polys', types: [Empty, Vertex, Line, Triangle, Quad, Polygon] },
  { name: 'Strips', types: [Empty, TriangleStrip] },
];

/**
 * Makes the sections of cells of PolyData, in their order.
 *
 * @throws ConfigError when cells are not in the order verts, lines, polys, strips
 */
export function polyCells({ types, connectivity, offsets }: Cells): readonly WrittenSection[] {
  let group = 0;
  const ends = [0, 0, 0, 0];
  for (const [cell, type] of types.entries()) {
    const next = polyGroups.findIndex((candidate, index) => index >= group && candidate.types.includes(type));
    if (next < 0) {
      throw new ConfigError(
        'mesh',
        `Cell ${cell} is of type ${type}; PolyData holds vertices, then lines, then polygons, then triangle strips.`,
      );
    }
    group = next;
    ends.fill(cell + 1, group);
  }
  return polyGroups.map(({ name }, index) => {
    const start = index === 0 ? 0 : (ends[index - 1] as number);
    const end = ends[index] as number;
    const from = offsets[start] as number;
    return {
      name,
      arrays: [
        integers('connectivity', connectivity.slice(from, offsets[end])),
        integers(
          'offsets',
          offsets.slice(start + 1, end + 1).map((offset) => offset - from),
        ),
      ],
    };
  });
}

/** Finds the index of the first value less than the one before it, or −1; in steps. */
function* firstFall(values: Int32Array): Generator<void, number> {
  for (let start = 1; start < values.length; start += VALUES_PER_STEP) {
    const end = Math.min(start + VALUES_PER_STEP, values.length);
    for (let at = start; at < end; at++) {
      if ((values[at] as number) < (values[at - 1] as number)) return at;
    }
    yield;
  }
  return -1;
}

/** Finds the index of the first value that is not within `0 … limit - 1`, or −1; in steps. */
function* firstOutside(values: Int32Array, limit: number): Generator<void, number> {
  for (let start = 0; start < values.length; start += VALUES_PER_STEP) {
    const end = Math.min(start + VALUES_PER_STEP, values.length);
    for (let at = start; at < end; at++) {
      if ((values[at] as number) >>> 0 >= limit) return at;
    }
    yield;
  }
  return -1;
}

/** Characters that XML cannot hold, also not as references. */
const NO_XML_CHARACTER = /[^\t\n\r\x20-\uFFFD\u{10000}-\u{10FFFF}]|\p{Surrogate}/u;

/**
 * Checks that the arrays of a mesh fit together, in steps of a few milliseconds.
 *
 * @throws ConfigError naming the array and what is wrong
 */
export function* checkMesh(mesh: Mesh): Generator<void, void> {
  const { points, cells } = mesh;
  const fail = (problem: string): never => {
    throw new ConfigError('mesh', `The mesh ${problem}.`);
  };
  const numPoints = points.shape[0] ?? 0;
  const { types, connectivity, offsets } = cells;
  if (points.shape[1] !== 3 || points.data.length !== 3 * numPoints)
    fail('has points whose shape is not [N, 3]');
  if (offsets.length !== types.length + 1 || offsets[0] !== 0 || offsets.at(-1) !== connectivity.length) {
    fail(
      `has ${offsets.length} offsets up to ${offsets.at(-1)} for ${types.length} cells with ${connectivity.length} point indices`,
    );
  }
  const fall = yield* firstFall(offsets);
  if (fall >= 0) fail(`has offsets that fall at cell ${fall - 1}`);
  const wrong = yield* firstOutside(connectivity, numPoints);
  if (wrong >= 0) fail(`has the point index ${connectivity[wrong]} but ${numPoints} points`);
  const checkStrings = (name: string, strings: readonly string[]): void => {
    if (strings.some((text) => text.includes('\0')))
      fail(`has in the array "${name}" a string with a 0 in it, which ends strings in a file`);
  };
  const checkRows = (data: Mesh['pointData'], rows: number, what: string): void => {
    for (const [name, array] of data) {
      if (!isTensor(array)) {
        if (rows === 0 ? array.length > 0 : array.length % rows !== 0 || array.length === 0)
          fail(`has the array "${name}" of ${array.length} strings over ${rows} ${what}`);
        checkStrings(name, array);
        continue;
      }
      const { data: values, shape } = array;
      const size = countValues(shape);
      if (shape[0] !== rows || size !== values.length) {
        fail(
          `has the array "${name}" of shape [${shape.join(', ')}] with ${values.length} values over ${rows} ${what}`,
        );
      }
    }
  };
  for (const key of ['pointData', 'cellData', 'fieldData'] as const) {
    for (const name of mesh[key].keys()) {
      const said = [name, ...(mesh.details?.[key]?.arrays.get(name)?.componentNames ?? [])];
      if (!said.some((text) => NO_XML_CHARACTER.test(text))) continue;
      fail(
        `has the array ${JSON.stringify(name)}, in whose name or names of components is a character that XML cannot hold: leave it out, or give it another name`,
      );
    }
  }
  checkRows(mesh.pointData, numPoints, 'points');
  checkRows(mesh.cellData, types.length, 'cells');
  for (const [name, array] of mesh.fieldData) if (!isTensor(array)) checkStrings(name, array);
  if (
    types.includes(CellType.Polyhedron) &&
    (cells.faces === undefined || cells.faceOffsets?.length !== types.length)
  ) {
    fail('has polyhedra but not their faces');
  }
}
