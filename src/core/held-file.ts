import type { ParsedHeader } from './mesh.ts';
import type { ReadPlanner } from './read-plan.ts';
import type { ByteRange, FileEntry, ReadOptions } from './source.ts';

/** Bytes of a file that lie in a file of their own. */
export interface FilePart extends ByteRange {
  /** Absolute path of the file that holds them. */
  readonly path: string;
  /** Place where they begin in that file; undefined where it holds them and nothing else. */
  readonly offset?: number | undefined;
}

/** A file of which some parts are on this machine; survives structured cloning. */
export interface PartedFile {
  /** Name of the file in messages. */
  readonly name: string;
  /** Bytes of the whole file. */
  readonly size: number;
  /** Parts, ascending by their starts. */
  readonly parts: readonly FilePart[];
}

/** Place where the wanted bytes of a file lie on this machine: a path, or parts. */
export type FilePlace = string | PartedFile;

/** A file of this machine that stays where it is until it is let go. */
export interface HeldFile extends Disposable {
  /** Absolute path. */
  readonly path: string;
  /** Length of the file, bytes. */
  readonly size: number;
  /**
   * Lets go of the file, as `using` does.
   *
   * @param options.remove - has a cached copy removed as soon as nobody holds it any more; a source's own file stays
   */
  release(options?: { readonly remove?: boolean | undefined }): void;
}

/** A file of which at least what is wanted stays on this machine until it is let go. */
export interface HeldParts extends Disposable {
  readonly place: FilePlace;
  /** Bytes of it that are on this machine for its sake alone. */
  readonly bytes: number;
  /** Header of the file, where it was read to plan what is wanted of it. @defaultValue none */
  readonly parsed?: ParsedHeader | undefined;
  /** Head of the file among its parts. @defaultValue it was not looked for */
  readonly head?: FileHead | undefined;
  /**
   * Lets go of the file, as `HeldFile.release` does.
   *
   * @param options.shared - whether `remove` means parts as well that other files have in common with it
   */
  release(options?: { readonly remove?: boolean | undefined; readonly shared?: boolean | undefined }): void;
}

/** Head of one version of a file. */
export interface FileHead {
  readonly version: string;
  readonly parts: readonly ByteRange[];
}

/** Choice whether single arrays are fetched: `'auto'` as far as it is faster. */
export type PartMode = 'auto' | 'whole' | 'partial';

/** Wish for parts of a file. */
export interface PartsRequest {
  /** Planner that finds out from the head of the file which parts of it are wanted. */
  readonly plan: ReadPlanner;
  /**
   * Choice between parts and the whole: `'partial'` fetches only what is wanted wherever the file allows it; `'auto'`
   * goes by latency, bandwidth and sizes, as far as downloads have shown them.
   *
   * @defaultValue `'auto'`
   */
  readonly mode?: Exclude<PartMode, 'whole'> | undefined;
  /**
   * A text that says what is wanted: of files with the same text and of the same size the same parts are asked for at
   * once, before their heads have come. @defaultValue none
   */
  readonly wish?: string | undefined;
  /**
   * A file that has the same mesh, from which it is taken. Where bytes that are compared differ it is a `ConfigError`
   * (`sharedMesh`). @defaultValue none
   */
  readonly sameMeshAs?: FileEntry | undefined;
  /**
   * Head of the file as another hold found it. Where the file is still of that version `plan` gets a file that cannot be
   * read, and no stretches are looked for but those that are wanted. @defaultValue the head is read first
   */
  readonly head?: FileHead | undefined;
  /** True where `head` is held by somebody else while what is wanted is needed. @defaultValue false */
  readonly isHeadHeld?: boolean | undefined;
}

/** Options of `DataStreamer.openParts`. */
export interface OpenPartsOptions extends PartsRequest, ReadOptions {
  /** The file as a listing gave it: saves asking the source for its version. @defaultValue asked for */
  readonly entry?: FileEntry | undefined;
}

/** Options of `DataStreamer.openFile` and `DataStreamer.getFile`. */
export interface OpenFileOptions extends ReadOptions {
  /** The file as a listing gave it: saves asking the source for its version. @defaultValue asked for */
  readonly entry?: FileEntry | undefined;
  /** True to fetch a file that is not on this machine; else it is a `NotFoundError`. @defaultValue true */
  readonly downloadIfMissing?: boolean | undefined;
  /**
   * Listener that is called with the bytes of the file that are here while it is fetched, also by somebody else's call
   * in this process; fewer than before when it begins anew.
   *
   * @defaultValue none
   */
  readonly onProgress?: ((bytes: number) => void) | undefined;
}

/** Holder who brings files, or what is wanted of them, to this machine and holds them: a `DataStreamer`. */
export interface FileHolder {
  /** Source that the files come from. */
  readonly source: { readonly id: string };
  openFile(path: string, options?: OpenFileOptions): Promise<HeldFile>;
  openParts(path: string, options: OpenPartsOptions): Promise<HeldParts>;
}
