import type { ArrayType } from './array-type.ts';
import type { BufferPool } from './buffer-pool.ts';
import type { LeftOutArray, Mesh, RandomAccess, SiblingFile, Tensor } from './mesh.ts';
import type { ReadPlan, WholeReason } from './read-plan.ts';
import type { ReadOptions } from './source.ts';

/** File format of meshes: its entry in `formats/registry.ts`, small enough to be loaded where none of its files is met. */
export interface MeshFormat {
  /** Name in messages: `'VTK XML'`. */
  readonly name: string;
  /** Extensions of its files, by which listings tell meshes: lower case, with the dot. */
  readonly extensions: readonly string[];
  /** Extensions among `extensions` whose files name others. @defaultValue none */
  readonly collections?: readonly string[] | undefined;
  /**
   * Files that the content of such a file names, relative to it; of a broken file those that it still tells.
   *
   * @defaultValue none are named
   */
  readonly references?: ((content: Uint8Array) => readonly string[]) | undefined;
  /**
   * Says whether a file is one of this format, whatever its name.
   *
   * @param head - its first KiB, or all of it where it is shorter
   */
  recognize(head: Uint8Array): boolean;
  /** Loads the code that reads files, when the first one is met. */
  load(): Promise<MeshFileOpener>;
}

/** Code that reads the files of one format. */
interface MeshFileOpener {
  /**
   * Reads the header of a file.
   *
   * @throws FormatError when the bytes are not what the format requires
   * @throws NoPlan with `planOnly`, where nothing but all of the file tells where its arrays lie
   */
  open(file: RandomAccess, options: OpenMeshOptions): Promise<MeshFile>;
}

/** Options of {@link MeshFileOpener.open}. */
export interface OpenMeshOptions extends ReadOptions {
  /** Name of the file in messages. */
  readonly path: string;
  /** First bytes of the file, as many as were read to tell its format: saves reading them again. @defaultValue none */
  readonly head?: Uint8Array<ArrayBuffer> | undefined;
  /**
   * Value of {@link MeshFile.parsed} of the same file, from this thread or another: then nothing is read.
   *
   * @defaultValue undefined: the header is read
   */
  readonly parsed?: unknown;
  /**
   * True when the file is opened to plan a read: then no byte is read but those that tell where arrays lie. What is
   * left out for that, such as whether the file is cut, is looked at by a later `read`. @defaultValue false
   */
  readonly planOnly?: boolean | undefined;
  /** Number of the time step that is read of a file that has several in its format's own form. @defaultValue the first */
  readonly timeStep?: number | undefined;
}

/** Mesh file whose header is known. */
export interface MeshFile {
  /** Format, counts, arrays, encodings. */
  readonly header: MeshHeader;
  /** Header in all that the format needs of it to open the file again; survives structured cloning. */
  readonly parsed: unknown;
  /** Files that it is made of, relative to it, as it names them: pieces. */
  readonly references: readonly string[];
  /** Facts about time that its header states. @defaultValue it states none */
  readonly time?: HeaderTime | undefined;
  /** Plans which bytes a read of `wish` touches. It may read anywhere in the file. */
  plan(wish: ArrayWish & ReadOptions): Promise<ReadPlan | PlanReason>;
  /** Reads the mesh, with the point and cell arrays that are wished; it may be called once more. */
  read(options: ReadMeshFileOptions): Promise<Mesh>;
  /** Reads the arrays that are wished, one after the other, and neither points nor cells. */
  arrays(
    wish: Pick<ArrayWish, 'attributes'> & Pick<ReadMeshFileOptions, 'maxExpansion' | 'buffers' | 'signal'>,
  ): AsyncIterable<ReadArray>;
}

/** Wish for what is read of a mesh file. */
export interface ArrayWish {
  /**
   * Names of point and cell arrays; those of the whole mesh are always read, and ghost arrays with the geometry. Names
   * that the file does not have are passed over. @defaultValue all
   */
  readonly attributes?: readonly string[] | undefined;
  /** True when points and cells are wanted. @defaultValue true */
  readonly geometry?: boolean | undefined;
  /** True when arrays over points are wanted, those that mark ghosts as well. @defaultValue true */
  readonly pointArrays?: boolean | undefined;
}

/** Options of {@link MeshFile.read}. */
export interface ReadMeshFileOptions {
  /**
   * Names of the point and cell arrays to read; the bytes of the others are neither read nor decoded, but for the arrays
   * `vtkGhostType`, without which no surface is right. Names that the file does not have are passed over.
   *
   * @defaultValue all
   */
  readonly attributes?: readonly string[] | undefined;
  /** True when string arrays over points and cells are read. @defaultValue true */
  readonly strings?: boolean | undefined;
  /** True when arrays over points are read; nothing is told of those that are not. @defaultValue true */
  readonly pointArrays?: boolean | undefined;
  /** Listener that is told of each array that the file has and the mesh will not have. */
  readonly onLeftOut?: ((array: LeftOutArray) => void) | undefined;
  /** Function that opens a file by its path relative to this one (pieces of `.pvtu` and `.pvtp`). */
  readonly openSibling?: ((path: string, signal?: AbortSignal) => Promise<SiblingFile>) | undefined;
  /**
   * Limit of what a compressed file may unpack to, in multiples of its own size (and 64 MiB), against decompression
   * bombs.
   *
   * @defaultValue 256
   */
  readonly maxExpansion?: number | undefined;
  /** Memory to use again for the arrays of the mesh. */
  readonly buffers?: BufferPool | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Array of a file, of one piece of it where it has several. */
export interface ReadArray extends Pick<ArrayHeader, 'name' | 'on'> {
  readonly tensor: Tensor;
}

/** Reason that the file itself gives for being fetched whole. */
export type PlanReason = Extract<WholeReason, 'inline' | 'unplannable'>;

/** Sign that no read of a file can be planned: nothing but all of it tells where its arrays lie. */
export class NoPlan extends Error {
  override readonly name = 'NoPlan';
  readonly reason: PlanReason;

  constructor(reason: PlanReason, options?: ErrorOptions) {
    super(`no read of the file can be planned (${reason})`, options);
    this.reason = reason;
  }
}

/** Description of an array by the header of a file. */
export interface ArrayHeader {
  readonly name: string;
  /** Things that it has values of: nodes (points), cells, or the mesh as a whole. */
  readonly on: 'node' | 'cell' | 'field';
  readonly type: ArrayType;
  readonly components: number;
  /**
   * Least and largest value, of vectors the length, as far as the header states them: VTK writes them, to 11 digits;
   * nobody has compared them with the values. Of several pieces those of all of them.
   */
  readonly range: readonly [min: number, max: number] | undefined;
}

/** An array as a file declares it for its pieces. */
export type DeclaredHeader = Pick<ArrayHeader, 'name' | 'on' | 'components'> & {
  /** Type of its values; undefined where it is none that is known. */
  readonly type: ArrayHeader['type'] | undefined;
};

/** Facts about time that the header of a mesh file states. */
interface HeaderTime {
  /** Times of the steps that the file has in VTK's own form, `TimeValues`. @defaultValue it has not that form */
  readonly values?: readonly number[] | undefined;
  /** True where its field data have one `TimeValue`: it is one step, whatever its arrays are called. */
  readonly isStep: boolean;
}

/** Description of how a mesh file is stored. */
export interface MeshHeader {
  /** Name of the file format: `VTK XML`. */
  readonly format: string;
  /** Kind of data set; with a `P` that of a file whose pieces lie in others. */
  readonly type: 'UnstructuredGrid' | 'PolyData' | 'PUnstructuredGrid' | 'PPolyData';
  /** Version of the format as written, for instance `1.0`; absent in some files. */
  readonly version: string | undefined;
  /** Byte order of binary data. @defaultValue undefined, where there are none */
  readonly byteOrder?: 'LittleEndian' | 'BigEndian' | undefined;
  /** Bytes of the words of length in front of binary data. @defaultValue undefined, in formats that have none */
  readonly headerWidth?: 4 | 8 | undefined;
  /** Compression of its data blocks. @defaultValue undefined: there is none */
  readonly compressor?:
    | 'vtkZLibDataCompressor'
    | 'vtkLZ4DataCompressor'
    | 'vtkLZMADataCompressor'
    | undefined;
  /** Encodings of its arrays, each once. */
  readonly encodings: readonly ('ascii' | 'binary' | 'inline base64' | 'appended raw' | 'appended base64')[];
  /** Number of pieces in the file, or of piece files that it names. */
  readonly pieceCount: number;
  /** Names of the arrays of numbers over points, as its pieces have them or as it declares them for these. */
  readonly pointArrays: readonly string[];
  /** Names of those over cells. */
  readonly cellArrays: readonly string[];
  /** Names of the arrays that it marks as ids, normals and the like: as something else than a field. Absent without any. */
  readonly markedArrays?: readonly string[] | undefined;
  /** Points and cells in all pieces; undefined where other files hold these. */
  readonly points: number | undefined;
  readonly cells: number | undefined;
  /** Type of the coordinates; undefined where there are none. */
  readonly pointType: string | undefined;
  /** Descriptions of its arrays; none of those in other files. */
  readonly arrays: readonly ArrayHeader[];
  /** Arrays that it declares for the pieces in other files. */
  readonly declared: readonly DeclaredHeader[];
  /** Things that the file has and a mesh read of it has not. */
  readonly leftOut: readonly LeftOutArray[];
  /** Files that hold the pieces, as it names them. */
  readonly pieceFiles: readonly string[];
  /** Bytes of the file; of its pieces no account is taken. */
  readonly size: number;
}
