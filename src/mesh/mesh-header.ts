import { type ArrayMeasure, joinMeasures, measureSteps } from '../core/array-measure.ts';
import { FormatError, isVascuError } from '../core/errors.ts';
import type { FileHolder } from '../core/held-file.ts';
import { mapLimited } from '../core/limit.ts';
import type { LeftOutArray } from '../core/mesh.ts';
import type { ArrayHeader, MeshFile, MeshHeader } from '../core/mesh-format.ts';
import { resolveSibling } from '../core/safe-path.ts';
import { showValue } from '../core/show-value.ts';
import type { ReadOptions } from '../core/source.ts';
import { TimeSlice } from '../core/time-slice.ts';
import { FileGroup } from '../files/file-group.ts';
import { retryGone } from '../files/gone-file.ts';
import { locateBeside, toLocalPath } from '../files/local-path.ts';
import { asType } from '../formats/arrays/join-arrays.ts';
import { openMesh } from '../formats/registry.ts';
import { joinArrays, type MeasuredArray, type MeasuredHeader } from './piece-headers.ts';
import { planMesh } from './plan-mesh.ts';

/** Piece files whose headers are read at a time. */
const PIECES_AT_ONCE = 4;

/** Options of {@link readMeshHeader}. */
export interface ReadMeshHeaderOptions extends ReadOptions {
  /**
   * Name of the file in messages, as of `readMesh`. @defaultValue its path, of a `File` its name, of other bytes
   * `'mesh'`
   */
  readonly path?: string | undefined;
  /** Headers of the requests for a file on a web server, as of `readMesh`. @defaultValue none */
  readonly headers?: Readonly<Record<string, string>> | undefined;
}

/** Reads how a mesh file of this machine is stored, without its arrays; see `mesh-files.ts`. */
export async function readMeshHeader(
  file: string | URL,
  options: ReadMeshHeaderOptions = {},
): Promise<MeshHeader> {
  const local = toLocalPath(file);
  const { path = local } = options;
  const files = new FileGroup(path, locateBeside(local));
  try {
    const access = await files.open(local, options.signal);
    return (await openMesh(access, { path, signal: options.signal })).header;
  } finally {
    await files.close();
  }
}

/** Options of {@link readMeshHeaderFrom}. */
export interface ReadMeshHeaderFromOptions extends ReadOptions {
  /**
   * True when the arrays are read of which the header states no range, and measured. Their bytes are fetched, but
   * neither those of the points nor those of the cells. @defaultValue false
   */
  readonly measure?: boolean | undefined;
}

/** Reads how a mesh file of a streamer's source is stored; see `mesh-files.ts`. */
export async function readMeshHeaderFrom(
  streamer: FileHolder,
  path: string,
  options: ReadMeshHeaderFromOptions = {},
): Promise<MeasuredHeader> {
  const header = await readOne(streamer, path, options, () => true);
  return header.pieceFiles.length > 0 ? joinPieces(streamer, path, header, options) : header;
}

/**
 * @param isWanted - whether an array is measured
 * @param typeOf - in which type its values count; undefined: as they are stored
 */
async function readOne(
  streamer: FileHolder,
  path: string,
  { measure = false, signal }: ReadMeshHeaderFromOptions,
  isWanted: (array: ArrayHeader) => boolean,
  typeOf: (array: Pick<ArrayHeader, 'name' | 'on'>) => ArrayHeader['type'] | undefined = () => undefined,
): Promise<MeasuredHeader> {
  const header = await withArrays(streamer, path, [], signal, async ({ header }) => header);
  const unstated = header.arrays.filter(
    (array) => array.range === undefined && array.type !== 'String' && isWanted(array),
  );
  if (!measure || unstated.length === 0) return header;
  const names = [...new Set(unstated.map(({ name }) => name))];
  const measures = new Map<string, ArrayMeasure>();
  await withArrays(streamer, path, names, signal, async (file) => {
    const slice = new TimeSlice(signal);
    for await (const { name, on, tensor } of file.arrays({ attributes: names, signal })) {
      const key = `${on} ${name}`;
      const type = typeOf({ name, on });
      const values = type === undefined ? tensor : asType(tensor, type);
      const [other, own] = [measures.get(key), await slice.run(measureSteps(values))];
      measures.set(key, other === undefined ? own : joinMeasures(other, own));
    }
  });
  return { ...header, arrays: header.arrays.map((array) => withMeasure(array, measures)) };
}

/** Opens a file of which only some arrays are wanted. */
async function withArrays<Result>(
  streamer: FileHolder,
  path: string,
  attributes: readonly string[],
  signal: AbortSignal | undefined,
  use: (file: MeshFile) => Promise<Result>,
): Promise<Result> {
  return retryGone(async () => {
    const held = await streamer.openParts(path, {
      plan: (file, own) => planMesh(file, { path, attributes, geometry: false, signal: own }),
      mode: 'partial',
      signal,
    });
    const files = new FileGroup(path, () => undefined);
    try {
      const file = await files.open(held.place, signal);
      return await use(await openMesh(file, { path, parsed: held.parsed, signal }));
    } finally {
      await files.close();
      held.release();
    }
  });
}

function withMeasure(array: ArrayHeader, measures: ReadonlyMap<string, ArrayMeasure>): MeasuredArray {
  const measure = measures.get(`${array.on} ${array.name}`);
  if (measure === undefined) return array;
  const { min, max } = measure;
  return { ...array, measure, range: min === null || max === null ? undefined : [min, max] };
}

/** Joins the header of a file that names others with what these say of points, cells and arrays. */
async function joinPieces(
  streamer: FileHolder,
  path: string,
  header: MeshHeader,
  options: ReadMeshHeaderFromOptions,
): Promise<MeasuredHeader> {
  const { declared } = header;
  const rules = new Map(declared.map((rule) => [`${rule.on} ${rule.name}`, rule]));
  const isDeclared = ({ on, name }: ArrayHeader): boolean => on === 'field' || rules.has(`${on} ${name}`);
  const typeDeclared = ({ on, name }: Pick<ArrayHeader, 'name' | 'on'>): ArrayHeader['type'] | undefined =>
    on === 'field' ? undefined : rules.get(`${on} ${name}`)?.type;
  const pieces = await mapLimited(header.pieceFiles, PIECES_AT_ONCE, async (name) => {
    const piece = resolveSibling(path, name);
    if (piece === undefined)
      throw new FormatError(`names the piece ${showValue(name)}, which lies outside of the source`, {
        path,
      });
    const own = await readOne(streamer, piece, options, isDeclared, typeDeclared).catch((cause: unknown) => {
      if (!isVascuError(cause, 'NOT_FOUND')) throw cause;
      throw new FormatError(`names the piece ${name}, which does not exist`, { path }, { cause });
    });
    if (own.pieceFiles.length > 0)
      throw new FormatError('is named as a piece but names pieces itself', { path: piece });
    return own;
  });
  const sum = (what: 'points' | 'cells'): number =>
    pieces.reduce((total, piece) => total + (piece[what] ?? 0), 0);
  const first = pieces.find(({ points = 0 }) => points > 0) ?? pieces[0];
  const { arrays, leftOut } = joinArrays(header, pieces);
  const isKept = (name: string, on: ArrayHeader['on']): boolean =>
    !leftOut.some((array) => array.on === on && array.name === name && LACKING.has(array.reason));
  return {
    ...header,
    encodings: [...new Set(pieces.flatMap(({ encodings }) => encodings))],
    points: sum('points'),
    cells: sum('cells'),
    pointType: first?.pointType,
    pointArrays: header.pointArrays.filter((name) => isKept(name, 'node')),
    cellArrays: header.cellArrays.filter((name) => isKept(name, 'cell')),
    arrays,
    leftOut,
  };
}

/** Reasons why an array of some pieces is not one of the whole mesh. */
const LACKING: ReadonlySet<LeftOutArray['reason']> = new Set(['piece', 'form']);
