import { FormatError, UnsupportedError, type VascuError } from '../core/errors.ts';
import type { LeftOutMember } from './archive.ts';
import { memberPath, passedOverByName } from './member-name.ts';
import {
  isMapExtended,
  isRecordType,
  paddedBytes,
  readHeader,
  readLongName,
  readPax,
  TAR_BLOCK_BYTES,
  type TarHeader,
  type TarRecords,
} from './tar-headers.ts';

/** Member of a tar archive. */
export interface TarEntry {
  readonly path: string;
  readonly size: number;
  /** Place of its data in the archive. */
  readonly offset: number;
  readonly modified: Date;
  readonly fault?: VascuError | undefined;
}

/** Members that the headers of a tar archive told of, and those that were passed over. */
export interface TarListing {
  readonly entries: readonly TarEntry[];
  readonly leftOut: readonly LeftOutMember[];
}

/** Bytes that are wanted next of an archive: a header block, or the data of a name or of records. */
export interface TarWish {
  readonly offset: number;
  readonly length: number;
}

/** Types whose data are a file: a file, and one of GNU tar that has holes. */
const SPARSE_TYPE = 'S';

/** Members in the order of their headers, which tell one by one where the next one lies. No I/O. */
export class TarMembers {
  readonly #path: string;
  readonly #byPath = new Map<string, TarEntry>();
  readonly #leftOut = new Map<string, LeftOutMember>();
  #global: TarRecords = {};
  #next: TarRecords = {};
  /** Header whose data are waited for. */
  #record: TarHeader | undefined;
  /** Sparse file whose map goes on. */
  #mapped: { readonly header: TarHeader; readonly at: number } | undefined;
  #at = 0;
  #ended = false;

  /** @param path - of the archive, for messages */
  constructor(path: string) {
    this.#path = path;
  }

  /** Bytes that are wanted next; undefined behind the last member. */
  get wish(): TarWish | undefined {
    if (this.#ended) return undefined;
    return { offset: this.#at, length: this.#record?.size ?? TAR_BLOCK_BYTES };
  }

  /** Notes that the archive ends, where another header was due, or the end. */
  end(): void {
    if (this.#record !== undefined || this.#mapped !== undefined) throw this.#bad('is cut within a header');
    this.#ended = true;
  }

  /**
   * Takes the bytes that were wanted.
   *
   * @throws FormatError where they are no header
   */
  take(bytes: Uint8Array): void {
    if (this.#record !== undefined) {
      this.#takeRecord(this.#record, bytes);
      this.#at += paddedBytes(this.#record.size);
      this.#record = undefined;
      return;
    }
    if (this.#mapped !== undefined) {
      this.#at += TAR_BLOCK_BYTES;
      if (isMapExtended(bytes)) return;
      this.#takeMember(this.#mapped.header, this.#mapped.at);
      this.#mapped = undefined;
      return;
    }
    const header = readHeader(bytes);
    if (header === 'end') {
      this.#ended = true;
      return;
    }
    if (header === 'none') {
      const html = bytes[0] === 60 ? ' It begins like a page of HTML.' : '';
      throw this.#bad(
        this.#at === 0 ? `is no tar archive.${html}` : 'has no header where one is due: it is damaged',
      );
    }
    const at = this.#at;
    this.#at += TAR_BLOCK_BYTES;
    if (isRecordType(header, this.#path, at)) {
      if (header.size === 0) return;
      this.#record = header;
      return;
    }
    if (header.isExtended) this.#mapped = { header, at };
    else this.#takeMember(header, at);
  }

  /** Lists the members by their paths, the last of equal names, and what was passed over. */
  listing(): TarListing {
    return { entries: [...this.#byPath.values()], leftOut: [...this.#leftOut.values()] };
  }

  #takeRecord({ type }: TarHeader, bytes: Uint8Array): void {
    if (type === 'L') this.#next = { ...this.#next, path: readLongName(bytes) };
    else if (type === 'K') this.#next = { ...this.#next, linkPath: readLongName(bytes) };
    else {
      const records = readPax(bytes, { path: this.#path, offset: this.#at });
      if (type === 'g') this.#global = { ...this.#global, ...records };
      else this.#next = { ...this.#next, ...records };
    }
  }

  #takeMember(header: TarHeader, at: number): void {
    const records = { ...this.#global, ...this.#next };
    this.#next = {};
    const size = records.size ?? header.size;
    const offset = this.#at;
    // Links and folders have no data, whatever their size says; old tars gave links the size of their file.
    const hasData = !['1', '2', '3', '4', '5', '6'].includes(header.type);
    if (hasData) this.#at += paddedBytes(size);
    const name = records.sparsePath || (records.path ?? header.name);
    if (header.type === '5' || name.endsWith('/')) return;
    const path = memberPath(name);
    if (path === undefined) {
      this.#leftOut.set(name, { path: name, reason: 'outside' });
      return;
    }
    const reason = header.type === '2' ? 'link' : passedOverByName(path);
    this.#byPath.delete(path);
    this.#leftOut.delete(path);
    if (reason !== undefined) {
      this.#leftOut.set(path, { path, reason });
      return;
    }
    const modified = new Date((records.mtime ?? header.mtime) * 1000);
    if (header.type === '1') this.#takeLink(path, records.linkPath ?? header.linkName, modified, at);
    else if (header.type === '0' || header.type === SPARSE_TYPE) {
      const isSparse = header.type === SPARSE_TYPE || records.sparsePath !== undefined;
      const fault = isSparse ? { fault: this.#sparse(path) } : {};
      this.#byPath.set(path, { path, size, offset, modified, ...fault });
    }
  }

  /** Takes a hard link: another name of an earlier member. */
  #takeLink(path: string, target: string, modified: Date, at: number): void {
    const meant = memberPath(target);
    const earlier = meant === undefined ? undefined : this.#byPath.get(meant);
    if (earlier !== undefined) {
      this.#byPath.set(path, { ...earlier, path });
      return;
    }
    const fault = new FormatError(`${path} is a link to ${target}, which is not before it in the archive`, {
      path: this.#path,
      offset: at,
    });
    this.#byPath.set(path, { path, size: 0, offset: at, modified, fault });
  }

  #sparse(path: string): UnsupportedError {
    return new UnsupportedError(
      'sparse',
      `${this.#path}/${path} is a sparse file, which is not read. Unpack the archive, or write it anew without sparse files.`,
    );
  }

  #bad(problem: string): FormatError {
    return new FormatError(problem, { path: this.#path, offset: this.#at });
  }
}
