import type { ConnectionStep } from './connection.ts';

/** A digest of a file's whole content. */
export interface Checksum {
  readonly algorithm: 'sha256' | 'git-sha1' | 'md5';
  /** Lower-case hexadecimal. */
  readonly value: string;
}

/** One file of a {@link Source}. */
export interface FileEntry {
  /** Path inside the source: `/` between folders, no leading `/`. */
  readonly path: string;
  /** Length of the file, bytes. */
  readonly size: number;
  /** Version of the content, which changes whenever that does. */
  readonly version: string;
  readonly modified?: Date | undefined;
  readonly checksum?: Checksum | undefined;
  /**
   * Bytes that travel for all of it, where it comes out of deflated data: parts of it are then inflated on the way to
   * each other, and checked by the source. @defaultValue it is no such file
   */
  readonly packedSize?: number | undefined;
}

/** Bytes `start` (inclusive) to `end` (exclusive). */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/** Options of everything that reads. */
export interface ReadOptions {
  /** Signal that makes the call reject with `signal.reason` when aborted. */
  readonly signal?: AbortSignal | undefined;
}

/** Path that a listing passed over although it may hold files, and why. */
export interface LeftOut {
  /** Path inside the source, without a `/` at its end. Bytes that are no UTF-8 are shown as U+FFFD. */
  readonly path: string;
  /**
   * Reason why it was passed over:
   * - `'system-folder'`: kept by a NAS or an operating system for itself (recycle bins, snapshots, indexes);
   *   listed where it is named as the folder to list
   * - `'no-permission'`: may not be read
   * - `'link'`: leads elsewhere, to where the source does not follow, or back to a folder that is listed already
   * - `'name'`: its name is no text that can be asked for
   * - `'path'`: its name is no path of folders and a file: a part of it is empty, `.` or `..`
   * - `'outside'`: a member of an archive whose name leads out of it, or is no name that a file can have
   */
  readonly reason: 'system-folder' | 'no-permission' | 'link' | 'name' | 'path' | 'outside';
}

/** Options of {@link Source.list}. */
export interface ListOptions extends ReadOptions {
  /** Beginning of the paths of the files that are listed. @defaultValue all */
  readonly prefix?: string | undefined;
  /**
   * Listener that gets what the listing passes over, each once, in any order. Hidden names (that begin with `.`) are
   * not told of.
   */
  readonly onLeftOut?: ((leftOut: LeftOut) => void) | undefined;
}

/** An opened file: what it is, and its bytes. */
export interface SourceFile extends FileEntry {
  /** Bytes of the file, which must be read to their end or cancelled: the body may hold a connection until then. */
  readonly body: ReadableStream<Uint8Array<ArrayBuffer>>;
  /**
   * True when a read that breaks may go on behind the bytes that came. False where nothing says that they are the
   * file's, as in an answer without a length, which could be any page.
   *
   * @defaultValue true
   */
  readonly resumable?: boolean | undefined;
  /**
   * True when the file is sent from its beginning although a part of it was asked for: the source passes over what
   * precedes the part.
   *
   * @defaultValue false
   */
  readonly fromStart?: boolean | undefined;
  /** Host that the bytes come from, where that is not the source's own. */
  readonly host?: string | undefined;
  /** Function that takes a chunk of `body` whose bytes are no longer needed, so that its buffer can be used again. */
  readonly recycle?: ((chunk: Uint8Array<ArrayBuffer>) => void) | undefined;
}

/** A place that holds files. The one interface that a new kind of storage implements. */
export interface Source extends AsyncDisposable {
  /** Name of this place: cache namespace and error prefix. Never holds a secret. */
  readonly id: string;
  /** Lists every file below `prefix`, sorted by path (by UTF-16 code units). */
  list(options?: ListOptions): AsyncIterable<FileEntry>;
  /**
   * Checks that there is a folder at `path`; asked only where a listing of it is empty.
   *
   * @throws NotFoundError when there is none, saying what there is instead
   */
  assertFolder?(path: string, options?: ReadOptions): Promise<void>;
  /**
   * Looks a file up.
   *
   * @throws NotFoundError when there is no such file.
   */
  stat(path: string, options?: ReadOptions): Promise<FileEntry>;
  /**
   * Opens a file, or a range of it.
   *
   * @throws NotFoundError when there is no such file.
   */
  open(
    path: string,
    options?: ReadOptions & {
      readonly range?: ByteRange | undefined;
      readonly ifVersion?: string | undefined;
    },
  ): Promise<SourceFile>;
  /**
   * Finds the path of a file on this machine, where it lies there already: it is used there, and neither copied into
   * the cache nor changed.
   *
   * @throws NotFoundError when there is no such file
   */
  locate?(path: string, options?: ReadOptions): string | undefined | Promise<string | undefined>;
  /**
   * Takes note of files that are going to be opened soon, in this order. One that has to find out first where each lies
   * may do so ahead, as far as its server likes to be asked. Nothing is promised, and nothing fails.
   */
  anticipate?(paths: readonly string[]): void;
  /**
   * True when {@link Source.locate} finds every file, so that none is cached; false where its answers do not count.
   * @defaultValue those that it finds are used where they lie, the others cached
   */
  readonly inPlace?: boolean | undefined;
  /**
   * True when a file that is slow to come may be asked for a second time now: where another request may well be faster,
   * and costs little. @defaultValue false
   */
  readonly mayAskTwice?: boolean | undefined;
  /**
   * True when its server bears fewer requests at a time than are made now: then some wait for their turn, which is not
   * taken for silence. @defaultValue false
   */
  readonly isBusy?: boolean | undefined;
  /**
   * Number of files that its server sends at a time, as far as is known now: more would wait for their turn. One is asked
   * for in any case.
   * @defaultValue 64
   */
  readonly maxConcurrency?: number | undefined;
  /** Looks at what lies between here and the files, in the order in which it must work; ends at what does not. */
  check?(options?: ReadOptions & { readonly path?: string | undefined }): Promise<readonly ConnectionStep[]>;
}
