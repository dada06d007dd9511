import { isGhostArray } from '../../core/ghosts.ts';
import { mapLimited } from '../../core/limit.ts';
import type {
  Cells,
  Mesh,
  MeshArray,
  MeshArrays,
  RandomAccess,
  SectionDetails,
  Tensor,
  TypedArray,
} from '../../core/mesh.ts';
import type { ReadMeshFileOptions } from '../../core/mesh-format.ts';
import { sectionDetails, withDetails } from '../arrays/section-details.ts';
import { tellLeftOut } from '../arrays/tell-left-out.ts';
import { readCells } from './cells.ts';
import { countCells, type LegacyArray, type LegacyHeader, type LegacySection } from './header-model.ts';
import { ValueReader } from './value-reader.ts';

/** Arrays of one section that are read at a time. */
const AT_ONCE = 2;

/** Lists the arrays that a read gives, by the names that are wished. */
export function wantedArrays(
  { arrays }: LegacySection,
  names: ReadonlySet<string> | undefined,
  withGhosts: boolean,
): readonly LegacyArray[] {
  return [...arrays.values()].filter(
    ({ name, type }) =>
      type !== undefined && (names?.has(name) !== false || (withGhosts && isGhostArray(name))),
  );
}

/** Reads the mesh of a file whose header is known. */
export async function readLegacyMesh(
  file: RandomAccess,
  header: LegacyHeader,
  options: ReadMeshFileOptions & { readonly path: string },
): Promise<Mesh> {
  const { attributes, strings = true, pointArrays = true, onLeftOut, signal } = options;
  signal?.throwIfAborted();
  const reader = new ValueReader(file, header.encoding, options);
  const names = attributes && new Set(attributes);
  const readSection = async (section: LegacySection, rows: number): Promise<MeshArrays> => {
    const wanted = wantedArrays(section, names, true).filter(({ type }) => strings || type !== 'String');
    const arrays = await mapLimited(
      wanted,
      AT_ONCE,
      (array): Promise<MeshArray> => reader.array(array, rows),
    );
    return new Map(wanted.map(({ name }, index) => [name, arrays[index] as MeshArray]));
  };
  const tasks: readonly (() => Promise<unknown>)[] = [
    () => readCells(reader, header),
    () => readPoints(reader, header.points),
    async () => (pointArrays ? readSection(header.pointData, header.points.tuples) : new Map()),
    () => readSection(header.cellData, countCells(header)),
    () => readFieldData(reader, header.fieldData),
  ];
  const [cells, points, pointData, cellData, fieldData] = (await mapLimited(tasks, tasks.length, (task) =>
    task(),
  )) as [Cells, Mesh['points'], MeshArrays, MeshArrays, Mesh['fieldData']];
  const sections = [
    { on: 'node', arrays: header.pointData.arrays.values() },
    { on: 'cell', arrays: header.cellData.arrays.values() },
  ] as const;
  const selection = { names, strings, pointArrays };
  tellLeftOut({ extras: header.extras, sections }, selection, (array) => onLeftOut?.(array));
  const mesh = { kind: header.kind, points, cells, pointData, cellData, fieldData };
  return withDetails(mesh, {
    pointData: detailsOf(header.pointData),
    cellData: detailsOf(header.cellData),
    fieldData: detailsOf(header.fieldData),
  });
}

/** Reads `[N, 3]` points: integers of up to 16 bits as Float32, wider ones as Float64. */
async function readPoints(reader: ValueReader, array: LegacyArray): Promise<Mesh['points']> {
  const { data, shape } = await reader.tensor(array, array.tuples);
  if (data instanceof Float32Array && array.type === 'Float32') return { data, shape };
  if (data instanceof Float64Array) return { data, shape };
  const isShort = data.BYTES_PER_ELEMENT <= 2;
  return {
    data: isShort
      ? await toFloats(data, new Float32Array(data.length), reader)
      : await toFloats(data, new Float64Array(data.length), reader),
    shape,
  };
}

/** Values converted between two looks at the clock. */
const VALUES_PER_STEP = 2 ** 18;

async function toFloats<Floats extends Float32Array<ArrayBuffer> | Float64Array<ArrayBuffer>>(
  source: TypedArray,
  target: Floats,
  { slice }: ValueReader,
): Promise<Floats> {
  for (let start = 0; start < source.length; start += VALUES_PER_STEP) {
    const end = Math.min(start + VALUES_PER_STEP, source.length);
    for (let at = start; at < end; at++) target[at] = Number(source[at]);
    await slice.pause();
  }
  return target;
}

async function readFieldData(reader: ValueReader, section: LegacySection): Promise<Mesh['fieldData']> {
  const fieldData = new Map<string, Tensor | readonly string[]>();
  for (const array of wantedArrays(section, undefined, false))
    fieldData.set(array.name, await reader.array(array, array.tuples));
  return fieldData;
}

function detailsOf({ arrays, active }: LegacySection): SectionDetails {
  return sectionDetails(arrays.values(), active);
}
