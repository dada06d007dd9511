import { CellType } from '../../src/core/cell-types.ts';
import { fc } from '../property.ts';
import type { BuiltArray, BuiltFile, BuiltPiece } from './built-file.ts';

/** A cell of a fixed type, or a polyhedron by the numbers of its faces. */
type Cell =
  | { readonly type: number; readonly points: readonly number[] }
  | { readonly faces: readonly number[] };

/** A piece with the faces that its polyhedra have in common. */
export interface PolyhedralPiece {
  readonly numPoints: number;
  readonly faces: readonly (readonly number[])[];
  readonly cells: readonly Cell[];
}

const sizes = [
  [CellType.Tetra, 4],
  [CellType.Hexahedron, 8],
  [CellType.Triangle, 3],
] as const;

export const anyPiece: fc.Arbitrary<PolyhedralPiece> = fc.integer({ min: 1, max: 30 }).chain((numPoints) => {
  const point = fc.nat(numPoints - 1);
  const anyFaces = fc.array(fc.array(point, { minLength: 1, maxLength: 6 }), { minLength: 1, maxLength: 8 });
  return anyFaces.chain((faces) => {
    const polyhedron = fc.record({ faces: fc.array(fc.nat(faces.length - 1), { maxLength: 6 }) });
    const fixed = fc
      .constantFrom(...sizes)
      .chain(([type, size]) =>
        fc.record({ type: fc.constant(type), points: fc.array(point, { minLength: size, maxLength: size }) }),
      );
    const cells = fc.array(fc.oneof(polyhedron, fixed), { minLength: 1, maxLength: 8 });
    return cells.map((all) => ({ numPoints, faces, cells: all }));
  });
});

function pointsOf(cell: Cell, faces: PolyhedralPiece['faces']): readonly number[] {
  return 'points' in cell ? cell.points : [...new Set(cell.faces.flatMap((face) => faces[face] ?? []))];
}

/** Where each list ends. */
export function endsOf(lists: readonly (readonly unknown[])[]): number[] {
  let end = 0;
  return lists.map(({ length }) => (end += length));
}

/** The integer type of each array, by turns. */
type Types = readonly string[];

function cellArrays(
  { faces, cells }: PolyhedralPiece,
  form: 'listed' | 'shared',
  types: Types,
): BuiltArray[] {
  const connectivity = cells.map((cell) => pointsOf(cell, faces));
  const lists = cells.map((cell) => ('faces' in cell ? cell.faces : []));
  const arrays: [name: string, values: readonly number[]][] = [
    ['connectivity', connectivity.flat()],
    ['offsets', endsOf(connectivity)],
    ['types', cells.map((cell) => ('faces' in cell ? CellType.Polyhedron : cell.type))],
  ];
  if (form === 'shared') {
    arrays.push(
      ['face_connectivity', faces.flat()],
      ['face_offsets', endsOf(faces)],
      ['polyhedron_to_faces', lists.flat()],
      ['polyhedron_offsets', endsOf(lists)],
    );
  } else {
    const listed = cells.map((cell) =>
      'faces' in cell
        ? [
            cell.faces.length,
            ...cell.faces.flatMap((face) => [faces[face]?.length ?? 0, ...(faces[face] ?? [])]),
          ]
        : [],
    );
    const ends = endsOf(listed);
    arrays.push(
      ['faces', listed.flat()],
      ['faceoffsets', cells.map((cell, index) => ('faces' in cell ? (ends[index] as number) : -1))],
    );
  }
  return arrays.map(([name, values], index) => {
    const type = types[index % types.length] as string;
    // −1 has no unsigned form.
    return { name, values, type: name === 'faceoffsets' ? 'Int32' : type };
  });
}

function toPiece(piece: PolyhedralPiece, form: 'listed' | 'shared', types: Types): BuiltPiece {
  const { numPoints, cells } = piece;
  const values = Array.from({ length: 3 * numPoints }, (_, at) => at / 8);
  return {
    attributes: `NumberOfPoints="${numPoints}" NumberOfCells="${cells.length}"`,
    sections: {
      PointData: ['p', 'q', 'r'].map((name) => ({
        name,
        type: 'Float64',
        values: values.slice(0, numPoints),
      })),
      Points: [{ name: 'Points', type: 'Float32', values, attributes: ' NumberOfComponents="3"' }],
      Cells: cellArrays(piece, form, types),
    },
  };
}

export function polyhedralFile(
  pieces: readonly PolyhedralPiece[],
  form: 'listed' | 'shared',
  types: Types = ['Int64'],
): BuiltFile {
  const version = form === 'shared' ? '2.3' : '2.2';
  return { version, pieces: pieces.map((piece) => toPiece(piece, form, types)) };
}

/** Two cubes with a face in common, and a tetrahedron between. */
export const pair: PolyhedralPiece = {
  numPoints: 12,
  faces: [
    [1, 2, 6, 5],
    [0, 3, 2, 1],
    [4, 5, 6, 7],
    [0, 1, 5, 4],
    [2, 3, 7, 6],
    [3, 0, 4, 7],
    [1, 8, 9, 2],
    [5, 6, 10, 11],
    [8, 9, 10, 11],
    [1, 5, 11, 8],
    [2, 9, 10, 6],
  ],
  cells: [
    { faces: [5, 0, 1, 2, 3, 4] },
    { type: CellType.Tetra, points: [0, 1, 2, 4] },
    { faces: [10, 9, 8, 7, 6, 0] },
  ],
};

/** A bar of cubes, each with a face of the one before; every second is a polyhedron. */
export function barOfCubes(count: number): PolyhedralPiece {
  const corner = (cross: number, at: number): number => 4 * cross + at;
  const faces: number[][] = [[0, 1, 2, 3].map((at) => corner(0, at))];
  const cells = Array.from({ length: count }, (_, cube): Cell => {
    const first = faces.length - 1;
    const sides = [0, 1, 2, 3].map((at) => {
      const next = (at + 1) % 4;
      return [corner(cube, at), corner(cube, next), corner(cube + 1, next), corner(cube + 1, at)];
    });
    faces.push(
      ...sides,
      [0, 1, 2, 3].map((at) => corner(cube + 1, at)),
    );
    const points = Array.from({ length: 8 }, (__, at) => corner(cube, at));
    if (cube % 2 === 1) return { type: CellType.Hexahedron, points };
    return { faces: Array.from({ length: 6 }, (__, at) => first + at) };
  });
  return { numPoints: 4 * (count + 1), faces, cells };
}
