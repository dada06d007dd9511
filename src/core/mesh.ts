/** The typed arrays that data can be held in, each over a plain `ArrayBuffer`. */
export type TypedArray =
  | Int8Array<ArrayBuffer>
  | Uint8Array<ArrayBuffer>
  | Int16Array<ArrayBuffer>
  | Uint16Array<ArrayBuffer>
  | Int32Array<ArrayBuffer>
  | Uint32Array<ArrayBuffer>
  | Float32Array<ArrayBuffer>
  | Float64Array<ArrayBuffer>
  | BigInt64Array<ArrayBuffer>
  | BigUint64Array<ArrayBuffer>;

/**
 * Numbers with a shape: row-major, contiguous, over a plain `ArrayBuffer` that starts at byte 0 of `data`.
 *
 * Integers of 64 bits are held in a `Float64Array` when every value is a safe integer (|v| ≤ 2^53 − 1), so
 * that they can be used as numbers; else exactly, in a `BigInt64Array` or `BigUint64Array`. `storedAs` then
 * names the type in the file.
 */
export interface Tensor<T extends TypedArray = TypedArray> {
  readonly data: T;
  /** Length of each dimension; their product is `data.length`. */
  readonly shape: readonly number[];
  /** Type of the values in the file, where these are 64-bit integers. */
  readonly storedAs?: 'Int64' | 'UInt64' | undefined;
}

/** Cells of a mesh, by VTK's cell type numbers. */
export interface Cells {
  /** VTK cell type of each cell, `[M]`. */
  readonly types: Uint8Array<ArrayBuffer>;
  /** Point indices of all cells, one cell after the other, `[K]`; each in `0 … N − 1`. */
  readonly connectivity: Int32Array<ArrayBuffer>;
  /** Places where each cell begins in `connectivity`, `[M + 1]`: first 0, last K, never falling. */
  readonly offsets: Int32Array<ArrayBuffer>;
  /** Faces of polyhedra: for each, the number of faces, then for each face the number of points and their indices. */
  readonly faces?: Int32Array<ArrayBuffer> | undefined;
  /** Ends of polyhedra: end of each cell's part of `faces`, −1 for a cell that is no polyhedron, `[M]`. */
  readonly faceOffsets?: Int32Array<ArrayBuffer> | undefined;
}

/** Strings, tuple after tuple: a plain array, which has no `data` as a {@link Tensor} has. */
export interface StringArray extends ReadonlyArray<string> {
  readonly data?: undefined;
  readonly shape?: undefined;
  readonly storedAs?: undefined;
}

/** An array over points or cells: numbers, or strings. {@link isTensor} tells which. */
export type MeshArray = Tensor | StringArray;

/** Arrays by their names, in the order of the file. */
export type MeshArrays = ReadonlyMap<string, MeshArray>;

/** Tells whether an array of a mesh holds numbers, not strings. */
export function isTensor(array: Tensor | readonly string[] | undefined): array is Tensor {
  return array !== undefined && 'data' in array;
}

/** Tells whether the values of a tensor are whole numbers by their type. */
export function holdsIntegers({ data, storedAs }: Tensor): boolean {
  return storedAs !== undefined || !(data instanceof Float32Array || data instanceof Float64Array);
}

/** Counts the values of an array of some shape; of one without its first dimension, those of a row. */
export function countValues(shape: readonly number[]): number {
  return shape.reduce((product, length) => product * length, 1);
}

/** Facts that a file states of an array besides its values. */
export interface ArrayDetails {
  /** Names of the components, empty where one has none. */
  readonly componentNames?: readonly string[] | undefined;
  /** Strings in a tuple of a string array. @defaultValue 1 */
  readonly stringsInTuple?: number | undefined;
  /** True when VTK makes an array of ids of it. @defaultValue false */
  readonly isId?: boolean | undefined;
  /** True when its values were bits in the file; they are written as bytes of 0 and 1. @defaultValue false */
  readonly isBit?: boolean | undefined;
}

/** Facts that a file states of the arrays over points, over cells, or of the whole mesh besides their values. */
export interface SectionDetails {
  /** Details by the names of the arrays; those of which nothing more is said are not there. */
  readonly arrays: ReadonlyMap<string, ArrayDetails>;
  /** Names of the active arrays by what each is: `Scalars`, `Vectors`, `Normals`, `TCoords`, `Tensors`, `GlobalIds`, … */
  readonly active: ReadonlyMap<string, string>;
}

/** Facts that a file states of the arrays of a mesh besides their values: writing the mesh says it again. */
export interface MeshDetails {
  readonly pointData?: SectionDetails | undefined;
  readonly cellData?: SectionDetails | undefined;
  readonly fieldData?: SectionDetails | undefined;
}

/** A VTK mesh in memory. */
export interface Mesh {
  readonly kind: 'UnstructuredGrid' | 'PolyData';
  /** Places of the points, `[N, 3]`, Float32 or Float64 as stored. */
  readonly points: Tensor<Float32Array<ArrayBuffer> | Float64Array<ArrayBuffer>>;
  readonly cells: Cells;
  /** Arrays over points, each `[N]` or `[N, components]`; string arrays as `string[]`. */
  readonly pointData: MeshArrays;
  /** Arrays over cells, each `[M]` or `[M, components]`; string arrays as `string[]`. */
  readonly cellData: MeshArrays;
  /** Arrays that belong to the whole mesh (for instance `TimeValue`); string arrays as `string[]`. */
  readonly fieldData: ReadonlyMap<string, Tensor | readonly string[]>;
  /** Names of components and active arrays; absent where the file names none. */
  readonly details?: MeshDetails | undefined;
}

/** An array, or something of one, that a file has and the mesh read of it has not. */
export interface LeftOutArray {
  readonly name: string;
  /** Thing that it has values of: nodes (points), cells, or the mesh as a whole. */
  readonly on: 'node' | 'cell' | 'field';
  /**
   * Reason why it is missing. `piece`: a piece lacks it; `form`: a piece has it with another number of components;
   * `undeclared`: pieces have it, and the file that names them does not; `type`: its type is none that is read;
   * `strings`: strings were not asked for, as no graph has room for them; `steps`: it is there once more, for a further
   * time step; `information`: the file says more of it, under a name of its own; `graph`: it belongs to the whole mesh,
   * for which a graph has no place.
   */
  readonly reason: 'piece' | 'form' | 'undeclared' | 'type' | 'strings' | 'steps' | 'information' | 'graph';
  /**
   * Detail of the reason. `piece`, `form`, `undeclared`: which piece; `type`: which; `information`: under which name.
   */
  readonly what?: string | undefined;
}

/** Bytes that can be read anywhere in any order. */
export interface RandomAccess {
  /** Number of bytes in all. */
  readonly size: number;
  /** Reads exactly `length` bytes from `offset`, in memory that is the caller's from then on. */
  read(offset: number, length: number, signal?: AbortSignal): Promise<Uint8Array<ArrayBuffer>>;
  /** Fills `target` with the bytes from `offset`; where present it saves a copy. */
  readInto?(offset: number, target: Uint8Array<ArrayBuffer>, signal?: AbortSignal): Promise<void>;
}

/** Header of a file as its format knows it; survives structured cloning. */
export interface ParsedHeader {
  /** Name of the format. */
  readonly format: string;
  /** The format's own. */
  readonly value: unknown;
}

/** File that another one names. */
export interface SiblingFile extends RandomAccess {
  /** Header of the file, where that was read before. @defaultValue undefined: it is read */
  readonly parsed?: ParsedHeader | undefined;
}
