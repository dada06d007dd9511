import type { LegacyContent, LegacyStyle, WrittenArray } from './legacy-writer.ts';

const typesInMemory: Readonly<Record<string, string>> = {
  unsigned_char: 'Uint8Array',
  char: 'Int8Array',
  signed_char: 'Int8Array',
  unsigned_short: 'Uint16Array',
  short: 'Int16Array',
  unsigned_int: 'Uint32Array',
  int: 'Int32Array',
  float: 'Float32Array',
  double: 'Float64Array',
  vtkIdType: 'id',
  bit: 'Uint8Array',
  vtktypeint64: 'Int64',
  vtktypeuint64: 'UInt64',
};

const marks: Readonly<Record<string, string>> = {
  SCALARS: 'Scalars',
  COLOR_SCALARS: 'Scalars',
  VECTORS: 'Vectors',
  NORMALS: 'Normals',
  TENSORS: 'Tensors',
  TENSORS6: 'Tensors',
  TEXTURE_COORDINATES: 'TCoords',
  GLOBAL_IDS: 'GlobalIds',
  PEDIGREE_IDS: 'PedigreeIds',
  EDGE_FLAGS: 'EdgeFlag',
};

const polyTypes: Readonly<Record<string, (points: number) => number>> = {
  VERTICES: (points) => (points === 1 ? 1 : 2),
  LINES: (points) => (points === 2 ? 3 : 4),
  POLYGONS: (points) => (points === 3 ? 5 : points === 4 ? 9 : 7),
  TRIANGLE_STRIPS: () => 6,
};

/** The mesh that a reader should give of a file, as `plainMesh` shows meshes. */
export function expectedMesh(content: LegacyContent, style: LegacyStyle): unknown {
  const { kind, groups, types, points } = content;
  const cells = Object.entries(groups).flatMap(([keyword, group]) =>
    group.map((numbers, cell) => ({
      numbers,
      type: types?.[cell] ?? (polyTypes[keyword] as (points: number) => number)(numbers.length),
    })),
  );
  const hasPolyhedra = cells.some(({ type }) => type === 42);
  const pointsOf = cells.map(({ numbers, type }) => (type === 42 ? pointsOfFaces(numbers) : numbers));
  const faces = cells.filter(({ type }) => type === 42).flatMap(({ numbers }) => numbers);
  let faceEnd = 0;
  const faceOffsets = cells.map(({ numbers, type }) => (type === 42 ? (faceEnd += numbers.length) : -1));
  return {
    kind: kind === 'POLYDATA' ? 'PolyData' : 'UnstructuredGrid',
    points: [...points],
    cells: [
      cells.map(({ type }) => type),
      pointsOf.flat(),
      [0, ...pointsOf.map((_, cell) => pointsOf.slice(0, cell + 1).flat().length)],
      faces,
      hasPolyhedra ? faceOffsets : [],
    ],
    pointData: expectedSection(content.pointData, style),
    cellData: expectedSection(content.cellData, style),
    fieldData: expectedSection(content.fieldData, style),
  };
}

function pointsOfFaces(stream: readonly number[]): number[] {
  const points = new Set<number>();
  for (let at = 1; at < stream.length; at += 1 + (stream[at] as number))
    for (const point of stream.slice(at + 1, at + 1 + (stream[at] as number))) points.add(point);
  return [...points].sort((a, b) => a - b);
}

function expectedSection(written: readonly WrittenArray[] = [], style: LegacyStyle): unknown {
  const inOrder = [
    ...written.filter(({ keyword }) => keyword !== 'FIELD'),
    ...written.filter(({ keyword }) => keyword === 'FIELD'),
  ];
  const arrays = new Map<string, unknown>();
  const active: Record<string, string> = {};
  for (const array of inOrder) {
    arrays.set(array.name, expectedArray(array, style));
    const mark = marks[array.keyword];
    if (mark !== undefined) active[mark] ??= array.name;
  }
  return { arrays: [...arrays], active };
}

function expectedArray(
  { type, components, values, componentNames }: WrittenArray,
  style: LegacyStyle,
): unknown {
  const rows = values.length / components;
  const isWide = type === 'string' && components > 1;
  const said = {
    isId: type === 'vtkIdType',
    isBit: type === 'bit',
    stringsInTuple: isWide ? components : undefined,
    names: componentNames,
  };
  if (type === 'string') return { ...said, strings: [...values] };
  const isLong = type === 'long' || type === 'unsigned_long';
  const long =
    style.encoding === 'binary' && style.longBytes === 4 && values.length > 0
      ? ['Int32Array', 'Uint32Array']
      : ['Int64', 'UInt64'];
  const isBig =
    values.some((value) => typeof value === 'bigint') &&
    !values.every((value) => Number.isSafeInteger(Number(value)));
  return {
    ...said,
    type: isLong ? long[type === 'long' ? 0 : 1] : typesInMemory[type],
    shape: components === 1 ? [rows] : [rows, components],
    values: isBig ? [...values] : values.map(Number),
  };
}
