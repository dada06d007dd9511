import { CellType } from '../../core/cell-types.ts';
import type { FormatError } from '../../core/errors.ts';
import type { Cells } from '../../core/mesh.ts';
import { checkFaceStream } from '../arrays/face-stream.ts';
import { isFileBelow, type PieceContext, pieceError, readAllOrUsed, requiredArray } from './piece-reader.ts';

/** Values written between two looks at the clock. */
const VALUES_PER_STEP = 2 ** 18;

type Faces = Required<Pick<Cells, 'faces' | 'faceOffsets'>>;

/**
 * Reads the faces of the polyhedra of a piece.
 *
 * Below file version 2.3 they are stored as they are given here. VTK 9.4 and later store each face once: a polyhedron
 * lists the numbers of its faces, a face its points (`vtkUnstructuredGrid::GetPolyhedronFaces`).
 *
 * @throws FormatError when arrays are missing, too short or point outside of each other or the mesh
 */
export function readFaces(context: PieceContext, types: Uint8Array): Promise<Faces> {
  const cells = context.piece.sections.get('Cells');
  const [isListed, isShared] = [cells?.has('faces') === true, cells?.has('face_connectivity') === true];
  const shares = isFileBelow(context, 2, 3) ? isShared && !isListed : isShared || !isListed;
  return shares ? readSharedFaces(context, types) : readListedFaces(context, types);
}

async function readListedFaces(context: PieceContext, types: Uint8Array): Promise<Faces> {
  const { reader, piece } = context;
  const { values: faceOffsets } = await reader.readInt32(requiredArray(context, 'Cells', 'faceoffsets'), {
    expected: types.length,
  });
  const { values: faces } = await readAllOrUsed(context, requiredArray(context, 'Cells', 'faces'), {
    used: () => faceOffsets.reduce((most, end) => Math.max(most, end), 0),
    asker: 'faceoffsets asks for',
  });
  let at = 0;
  for (let cell = 0; cell < types.length; cell++) {
    const end = faceOffsets[cell] as number;
    if (end < 0 && types[cell] !== CellType.Polyhedron) continue;
    const fault = (problem: string): FormatError =>
      pieceError(context, `has a polyhedron (cell ${cell}) ${problem}`, 'faces');
    if (end <= at || end > faces.length)
      throw fault(`whose face offset ${end} is not in ${at + 1} … ${faces.length}`);
    checkFaceStream(faces, at, end, { points: piece.counts.points, fault });
    at = end;
  }
  return { faces: at === faces.length ? faces : faces.slice(0, at), faceOffsets };
}

/** Faces that polyhedra have in common. */
interface SharedFaces {
  /** Places where the faces of each cell begin in `numbers`, `[M + 1]`. */
  readonly cellOffsets: Int32Array;
  readonly numbers: Int32Array;
  /** Places where the points of each face begin in `points`. */
  readonly faceOffsets: Int32Array;
  readonly points: Int32Array;
  /** Largest value of `points`, negative ones taken as unsigned. */
  readonly maxPoint: number;
}

async function readSharedFaces(context: PieceContext, types: Uint8Array): Promise<Faces> {
  const shared = await readShared(context, types);
  const { slice } = context.reader.context;
  const faceOffsets = new Int32Array(types.length).fill(-1);
  let length = 0;
  for (let cell = 0; cell < types.length; cell++) {
    if (types[cell] !== CellType.Polyhedron) continue;
    length += lengthOf(shared, cell);
    faceOffsets[cell] = length;
    if (cell % VALUES_PER_STEP === VALUES_PER_STEP - 1) await slice.pause();
  }
  // Polyhedra may share a large face many times over, so what they make of a file is no multiple of its size.
  context.reader.claim(requiredArray(context, 'Cells', 'polyhedron_to_faces'), 4 * length);
  if (length >= 2 ** 31) {
    throw pieceError(context, `has polyhedra whose faces take ${length} numbers`, 'polyhedron_to_faces');
  }
  const faces = new Int32Array(length);
  let at = 0;
  let paused = 0;
  for (let cell = 0; cell < types.length; cell++) {
    if (types[cell] !== CellType.Polyhedron) continue;
    at = copyFaces(context, shared, cell, faces, at);
    if (at - paused < VALUES_PER_STEP) continue;
    paused = at;
    await slice.pause();
  }
  return { faces, faceOffsets };
}

async function readShared(context: PieceContext, types: Uint8Array): Promise<SharedFaces> {
  const { reader } = context;
  const { values: cellOffsets, falls } = await reader.readInt32(
    requiredArray(context, 'Cells', 'polyhedron_offsets'),
    { expected: types.length, lead: 1 },
  );
  if (falls) {
    const cell = firstFall(cellOffsets);
    throw pieceError(
      context,
      `has an offset of cell ${cell} that is less than the one before`,
      'polyhedron_offsets',
    );
  }
  const { values: numbers, max } = await reader.readInt32(
    requiredArray(context, 'Cells', 'polyhedron_to_faces'),
    { expected: cellOffsets[types.length] as number, asker: 'polyhedron_offsets asks for' },
  );
  const count = numbers.length === 0 ? 0 : max + 1;
  const ends = await readAllOrUsed(context, requiredArray(context, 'Cells', 'face_offsets'), {
    used: () => count,
    asker: 'polyhedron_to_faces asks for',
    lead: 1,
  });
  const held = ends.values.length - 1;
  if (count > held) {
    const wrong = numbers.findIndex((number) => number >>> 0 >= held);
    const cell = cellOffsets.findIndex((end) => end > wrong) - 1;
    const problem = `has a cell (${cell}) with the face number ${numbers[wrong]}; there are ${held} faces`;
    throw pieceError(context, problem, 'polyhedron_to_faces');
  }
  const faceOffsets = ends.values.subarray(0, count + 1);
  const fall = ends.falls ? firstFall(faceOffsets) : -1;
  if (fall >= 0) {
    throw pieceError(
      context,
      `has an offset of face ${fall} that is less than the one before`,
      'face_offsets',
    );
  }
  const needed = faceOffsets[count] as number;
  const { values: points, max: maxPoint } = await readAllOrUsed(
    context,
    requiredArray(context, 'Cells', 'face_connectivity'),
    {
      used: () => needed,
      asker: 'face_offsets asks for',
    },
  );
  if (needed > points.length) {
    const problem = `has face offsets up to ${needed} but only ${points.length} point indices`;
    throw pieceError(context, problem, 'face_connectivity');
  }
  return { cellOffsets, numbers, faceOffsets, points, maxPoint };
}

/** Finds the number of the cell or face whose end is the first that is less than the one before, or −1. */
function firstFall(offsets: Int32Array): number {
  const found = offsets.findIndex((end, index) => end < (offsets[index - 1] ?? 0));
  return found < 0 ? -1 : found - 1;
}

/**
 * Counts the numbers that a polyhedron takes: the number of its faces, and for each face that of its points, and these.
 */
function lengthOf({ cellOffsets, numbers, faceOffsets }: SharedFaces, cell: number): number {
  const end = cellOffsets[cell + 1] as number;
  let length = 1;
  for (let at = cellOffsets[cell] as number; at < end; at++) {
    const face = numbers[at] as number;
    length += 1 + (faceOffsets[face + 1] as number) - (faceOffsets[face] as number);
  }
  return length;
}

/** Copies the faces of a polyhedron to `faces`, from `start` on; returns where they end. */
function copyFaces(
  context: PieceContext,
  { cellOffsets, numbers, faceOffsets, points, maxPoint }: SharedFaces,
  cell: number,
  faces: Int32Array,
  start: number,
): number {
  const first = cellOffsets[cell] as number;
  const last = cellOffsets[cell + 1] as number;
  const numPoints = context.piece.counts.points;
  let to = start;
  faces[to++] = last - first;
  for (let at = first; at < last; at++) {
    const face = numbers[at] as number;
    const end = faceOffsets[face + 1] as number;
    let from = faceOffsets[face] as number;
    faces[to++] = end - from;
    for (; from < end; from++) {
      const point = points[from] as number;
      if (maxPoint >= numPoints && point >>> 0 >= numPoints) {
        const problem = `has a face (${face}) with the point index ${point}; there are ${numPoints} points`;
        throw pieceError(context, problem, 'face_connectivity');
      }
      faces[to++] = point;
    }
  }
  return to;
}
