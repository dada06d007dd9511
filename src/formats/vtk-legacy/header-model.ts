import type { ArrayType } from '../../core/array-type.ts';
import type { ArrayDetails, LeftOutArray, Mesh } from '../../core/mesh.ts';

/** Array of a legacy file: what its keyword line says, and where its values are. */
export interface LegacyArray {
  /** Decoded; of points and cells the keyword. */
  readonly name: string;
  /** Type of the values; undefined where they are none that are read. */
  readonly type: ArrayType | undefined;
  readonly components: number;
  readonly tuples: number;
  /** Offset of the first byte of its values. */
  readonly start: number;
  /** Offset behind the last one. */
  readonly end: number;
  /** Offset of its name or keyword, for messages. */
  readonly lineOffset: number;
  /** True when the numbers are shares of 255, as text gives colours. */
  readonly isColor: boolean;
  /** Details that are said besides; undefined where that is nothing. */
  readonly details: ArrayDetails | undefined;
}

/** Keywords of cells: those of an unstructured grid, and the groups of PolyData in the order of their numbers. */
export const CELL_KEYWORDS = ['cells', 'vertices', 'lines', 'polygons', 'triangle_strips'] as const;

/** Keyword of a group of cells. */
export type CellKeyword = (typeof CELL_KEYWORDS)[number];

/** Cells of a legacy file. */
export type LegacyCells = {
  readonly keyword: CellKeyword;
  readonly count: number;
  /** Offset of the keyword. */
  readonly lineOffset: number;
} & (
  | {
      /** Cell by cell its number of points and these, as files before 5.0 have them. */
      readonly style: 'listed';
      readonly list: LegacyArray;
    }
  | {
      /** Style of files since 5.0: where each cell begins and ends, and the points of all. */
      readonly style: 'indexed';
      readonly offsets: LegacyArray;
      readonly connectivity: LegacyArray;
    }
);

/** Arrays over points, over cells or of the whole mesh. */
export interface LegacySection {
  readonly arrays: ReadonlyMap<string, LegacyArray>;
  /** Names of the active arrays by what each is, as VTK has them. */
  readonly active: ReadonlyMap<string, string>;
}

/** Header of a legacy file: all but the values. It survives structured cloning. */
export interface LegacyHeader {
  readonly kind: Mesh['kind'];
  /** Version as written, for instance `4.2`; undefined where the first line names none. */
  readonly version: string | undefined;
  readonly encoding: 'ascii' | 'binary';
  readonly points: LegacyArray;
  /** Groups of cells, in the order of their numbers. */
  readonly cells: readonly LegacyCells[];
  readonly cellTypes: LegacyArray | undefined;
  readonly pointData: LegacySection;
  readonly cellData: LegacySection;
  readonly fieldData: LegacySection;
  /** Things that the file has and no mesh. */
  readonly extras: readonly LeftOutArray[];
}

/** Counts the cells in all groups. */
export function countCells({ cells }: Pick<LegacyHeader, 'cells'>): number {
  return cells.reduce((sum, { count }) => sum + count, 0);
}
