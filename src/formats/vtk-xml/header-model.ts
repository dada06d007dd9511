import type { ArrayType } from '../../core/array-type.ts';
import type { ArrayDetails, LeftOutArray } from '../../core/mesh.ts';

/** The dataset types that are read. */
export const datasetTypes = ['UnstructuredGrid', 'PolyData', 'PUnstructuredGrid', 'PPolyData'] as const;
/** The compressors that VTK writes with. */
export const compressors = [
  'vtkZLibDataCompressor',
  'vtkLZ4DataCompressor',
  'vtkLZMADataCompressor',
] as const;

/** Kind of content of a file, by the `type` of its `VTKFile` element. */
type DatasetType = (typeof datasetTypes)[number];
/** Name of the compressor of data blocks. */
export type Compressor = (typeof compressors)[number];

/** Layout of the data of the whole file: the attributes of its `VTKFile` element. */
export interface FileLayout {
  readonly type: DatasetType;
  /** Version as written, for instance `1.0`; absent in some files. */
  readonly version: string | undefined;
  readonly byteOrder: 'LittleEndian' | 'BigEndian';
  /** Bytes of the words of length in front of binary data: UInt32 or UInt64. */
  readonly headerWidth: 4 | 8;
  readonly compressor: Compressor | undefined;
}

/** One data array as the header declares it. */
export interface ArrayInfo {
  readonly name: string;
  /**
   * Type of its values; undefined where the stated type is none that is read: then only its name and its place are of
   * use.
   */
  readonly type: ArrayType | undefined;
  /** The type as it is written. */
  readonly statedType: string;
  readonly components: number;
  /** Number of tuples where it is declared (arrays of FieldData). */
  readonly tuples: number | undefined;
  /** Details that its tag says besides; undefined where that is nothing. */
  readonly details: ArrayDetails | undefined;
  /** Range of `RangeMin` and `RangeMax` where they are stated: of the values, or of the lengths of vectors. */
  readonly range: readonly [min: number, max: number] | undefined;
  /** Format of the data: `appended` ones lie behind the `_` of AppendedData, the others between the tags. */
  readonly format: 'ascii' | 'binary' | 'appended';
  /** Offset of the first byte of its data: in the file, or behind the `_` where appended. */
  readonly start: number;
  /** Offset behind the text between the tags; 0 where appended. */
  readonly end: number;
  /** Offset of its tag. */
  readonly tagOffset: number;
}

/** A named group of arrays. */
export type SectionName =
  | 'PointData'
  | 'CellData'
  | 'Points'
  | 'Cells'
  | 'Verts'
  | 'Lines'
  | 'Strips'
  | 'Polys';

/** One `Piece` element. */
export interface PieceInfo {
  readonly tagOffset: number;
  readonly counts: {
    readonly points: number;
    readonly cells: number;
    readonly verts: number;
    readonly lines: number;
    readonly strips: number;
    readonly polys: number;
  };
  readonly sections: ReadonlyMap<SectionName, ReadonlyMap<string, ArrayInfo>>;
  /** Attributes of the tags of PointData and CellData: which arrays are active, and as what. */
  readonly active: ReadonlyMap<string, ReadonlyMap<string, string>>;
  /** File that holds the piece (`.pvtu`, `.pvtp`). */
  readonly source: string | undefined;
  /** Arrays that are there for some time steps alone. @defaultValue none */
  readonly timed?: readonly TimedArray[] | undefined;
}

/** Array that a file has for some of its time steps. */
export interface TimedArray {
  readonly section: SectionName;
  /** Numbers of the steps. */
  readonly steps: readonly number[];
  readonly info: ArrayInfo;
}

/** An array as a parallel file declares it for its pieces. */
export interface DeclaredArray extends Pick<ArrayInfo, 'details' | 'components'> {
  /** Type of its values; undefined where it is none that is known. */
  readonly type: Exclude<ArrayType, 'Bit'> | undefined;
}

/** Declarations of a parallel file for its pieces. */
export interface Declared {
  readonly PointData: ReadonlyMap<string, DeclaredArray>;
  readonly CellData: ReadonlyMap<string, DeclaredArray>;
  /** Type of the coordinates. */
  readonly pointType: DeclaredArray['type'];
  /** Active arrays, as {@link PieceInfo.active}. */
  readonly active: PieceInfo['active'];
}

/** The header of a VTK XML file. */
export interface VtkXmlHeader {
  readonly layout: FileLayout;
  readonly pieces: readonly PieceInfo[];
  readonly fieldData: ReadonlyMap<string, ArrayInfo>;
  readonly declared: Declared;
  /** Times of the steps that the file has in VTK's own form; absent where it has not that form. */
  readonly timeValues?: readonly number[] | undefined;
  /** Things that the file has and no mesh: further time steps, information under names of its own. */
  readonly extras: readonly LeftOutArray[];
  readonly appended: { readonly encoding: 'raw' | 'base64'; readonly start: number } | undefined;
}

/** The arrays of a section of cells that hold the faces of polyhedra: those of files below version 2.3, then the others. */
export const POLYHEDRON_ARRAYS = [
  'faces',
  'faceoffsets',
  'polyhedron_offsets',
  'polyhedron_to_faces',
  'face_offsets',
  'face_connectivity',
] as const;
