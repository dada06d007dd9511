import type { BufferPool } from './buffer-pool.ts';

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
  /** Set where the file holds 64-bit integers. */
  readonly storedAs?: 'Int64' | 'UInt64' | undefined;
}

/** Cells of a mesh, by VTK's cell type numbers. */
export interface Cells {
  /** VTK cell type of each cell, `[M]`. */
  readonly types: Uint8Array<ArrayBuffer>;
  /** Point indices of all cells, one cell after the other, `[K]`; each in `0 … N − 1`. */
  readonly connectivity: Int32Array<ArrayBuffer>;
  /** Where each cell begins in `connectivity`, `[M + 1]`: first 0, last K, never falling. */
  readonly offsets: Int32Array<ArrayBuffer>;
  /** Polyhedra: for each, the number of faces, then for each face the number of points and their indices. */
  readonly faces?: Int32Array<ArrayBuffer> | undefined;
  /** Polyhedra: end of each cell's part of `faces`, −1 for a cell that is no polyhedron, `[M]`. */
  readonly faceOffsets?: Int32Array<ArrayBuffer> | undefined;
}

/** A VTK mesh in memory. */
export interface Mesh {
  readonly kind: 'UnstructuredGrid' | 'PolyData';
  /** `[N, 3]`, Float32 or Float64 as stored. */
  readonly points: Tensor<Float32Array<ArrayBuffer> | Float64Array<ArrayBuffer>>;
  readonly cells: Cells;
  /** Arrays over points, each `[N]` or `[N, components]`. */
  readonly pointData: ReadonlyMap<string, Tensor>;
  /** Arrays over cells, each `[M]` or `[M, components]`. */
  readonly cellData: ReadonlyMap<string, Tensor>;
  /** Arrays that belong to the whole mesh (for instance `TimeValue`); string arrays as `string[]`. */
  readonly fieldData: ReadonlyMap<string, Tensor | readonly string[]>;
}

/** Bytes that can be read anywhere in any order. */
export interface RandomAccess {
  /** Bytes in all. */
  readonly size: number;
  /** Exactly `length` bytes from `offset`, in memory that is the caller's from then on. */
  read(offset: number, length: number, signal?: AbortSignal): Promise<Uint8Array<ArrayBuffer>>;
  /** Fills `target` with the bytes from `offset`; where present it saves a copy. */
  readInto?(offset: number, target: Uint8Array<ArrayBuffer>, signal?: AbortSignal): Promise<void>;
}

/** Options of reading a mesh. */
export interface MeshOptions {
  /** How error messages name the file. @defaultValue `'mesh'` */
  readonly path?: string | undefined;
  /**
   * Names of the point and cell arrays to read; the bytes of the others are neither read nor decoded, but for the arrays
   * `vtkGhostType`, without which no surface is right. Names that the file does not have are passed over.
   *
   * @defaultValue all
   */
  readonly attributes?: readonly string[] | undefined;
  /** Opens a file by its path relative to this one (pieces of `.pvtu` and `.pvtp`). */
  readonly openSibling?: ((path: string, signal?: AbortSignal) => Promise<RandomAccess>) | undefined;
  /**
   * How many times its own size (and 64 MiB) a compressed file may unpack to, against decompression bombs.
   *
   * @defaultValue 256
   */
  readonly maxExpansion?: number | undefined;
  /** Memory to use again for the arrays of the mesh. */
  readonly buffers?: BufferPool | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Turns bytes of one file format into a {@link Mesh}. */
export interface MeshReader {
  /** Lower-case, with the dot. */
  readonly extensions: readonly string[];
  /** @throws FormatError when the bytes are not what the format requires. */
  read(file: RandomAccess, options?: MeshOptions): Promise<Mesh>;
}
