import type { Mesh } from './mesh.ts';

/** Name of the array by which VTK marks ghosts, over points and over cells. */
const GHOST_ARRAY = 'vtkGhostType';
/** Name that it had before VTK 6.3: not bits but levels, from 1 on those of copies. */
const GHOST_LEVELS = 'vtkGhostLevels';

/** Bits of a cell: `vtkDataSetAttributes::CellGhostTypes`. */
export const CellGhost = { Copy: 1, Refined: 8, Hidden: 32 } as const;
/** Bits of a point: `vtkDataSetAttributes::PointGhostTypes`. */
export const PointGhost = { Copy: 1, Hidden: 2 } as const;

/**
 * Marks of the cells and points of a mesh that are copies of those of other pieces, hidden, or replaced by finer ones.
 */
export interface Ghosts {
  /** Bits of {@link CellGhost} a cell, `[M]`; undefined where no cell has one of them. */
  readonly cells: Uint8Array | undefined;
  /** Bits of {@link PointGhost} a point, `[N]`; undefined where no point has one of them. */
  readonly points: Uint8Array | undefined;
}

/** Numbers of ghosts in a mesh; a cell that is several of these counts for each. */
export interface GhostCounts {
  /** Cells that are copies of cells of other pieces. */
  readonly copiedCells: number;
  /** Cells that are not to be shown. */
  readonly hiddenCells: number;
  /** Cells in whose place there are finer ones. */
  readonly refinedCells: number;
  /** Points that are copies of points of other pieces. */
  readonly copiedPoints: number;
  /** Points that are not to be shown. */
  readonly hiddenPoints: number;
}

/** Tells whether an array marks ghosts, so that no surface is right without it. */
export function isGhostArray(name: string): boolean {
  return name === GHOST_ARRAY || name === GHOST_LEVELS;
}

/** Finds the ghosts of a mesh; undefined where there are none. As VTK does, it goes by arrays of one UInt8 a row only. */
export function findGhosts({ points, cells, pointData, cellData }: Mesh): Ghosts | undefined {
  const ofCells = flagsOf(cellData, cells.types.length);
  const ofPoints = flagsOf(pointData, points.shape[0] as number);
  return ofCells === undefined && ofPoints === undefined ? undefined : { cells: ofCells, points: ofPoints };
}

/** Counts the ghosts of a mesh; undefined where there are none. */
export function countGhosts(mesh: Mesh): GhostCounts | undefined {
  const ghosts = findGhosts(mesh);
  if (ghosts === undefined) return undefined;
  const count = (flags: Uint8Array | undefined, bit: number): number =>
    flags?.reduce((sum, value) => sum + ((value & bit) === 0 ? 0 : 1), 0) ?? 0;
  const counts = {
    copiedCells: count(ghosts.cells, CellGhost.Copy),
    hiddenCells: count(ghosts.cells, CellGhost.Hidden),
    refinedCells: count(ghosts.cells, CellGhost.Refined),
    copiedPoints: count(ghosts.points, PointGhost.Copy),
    hiddenPoints: count(ghosts.points, PointGhost.Hidden),
  };
  return Object.values(counts).some((number) => number > 0) ? counts : undefined;
}

/** Describes counts: `2 copied and 1 hidden cells, 4 hidden points`. */
export function describeGhosts(counts: GhostCounts): string {
  const group = (what: string, kinds: readonly (readonly [string, number])[]): string[] => {
    const some = kinds.filter(([, number]) => number > 0);
    const total = some.reduce((sum, [, number]) => sum + number, 0);
    if (total === 0) return [];
    const parts = some.map(([kind, number]) => `${number} ${kind}`);
    return [`${parts.join(' and ')} ${total === 1 ? what : `${what}s`}`];
  };
  return [
    ...group('cell', [
      ['copied', counts.copiedCells],
      ['hidden', counts.hiddenCells],
      ['refined', counts.refinedCells],
    ]),
    ...group('point', [
      ['copied', counts.copiedPoints],
      ['hidden', counts.hiddenPoints],
    ]),
  ].join(', ');
}

function flagsOf(data: Mesh['pointData'], rows: number): Uint8Array | undefined {
  const flags = bytesOf(data, GHOST_ARRAY, rows);
  if (flags !== undefined) return flags.some((value) => value !== 0) ? flags : undefined;
  const levels = bytesOf(data, GHOST_LEVELS, rows);
  if (levels?.some((value) => value !== 0) !== true) return undefined;
  return levels.map((level) => (level > 0 ? CellGhost.Copy : 0));
}

function bytesOf(data: Mesh['pointData'], name: string, rows: number): Uint8Array | undefined {
  const array = data.get(name);
  if (array === undefined || !('data' in array)) return undefined;
  return array.data instanceof Uint8Array && array.data.length === rows ? array.data : undefined;
}
