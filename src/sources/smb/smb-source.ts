import type { LinkedSignal } from '../../core/abort.ts';
import type { ConnectionStep } from '../../core/connection.ts';
import { isVascuError, NotFoundError } from '../../core/errors.ts';
import { Lifetime } from '../../core/lifetime.ts';
import { assertInside } from '../../core/safe-path.ts';
import type {
  ByteRange,
  FileEntry,
  LeftOut,
  ListOptions,
  ReadOptions,
  Source,
  SourceFile,
} from '../../core/source.ts';
import { changedFile, isRangeOf, outsideFile } from '../../core/source-errors.ts';
import { type ClientOptions, SmbClient } from '../../protocols/smb/client.ts';
import { type FirstRead, openFile, type ShareFile, statFile } from '../../protocols/smb/file.ts';
import { type FolderEntry, type FolderListing, openFolder, readFolder } from '../../protocols/smb/folder.ts';
import { dialectName } from '../../protocols/smb/protocol.ts';
import type { Session, Tree } from '../../protocols/smb/session.ts';
import { readShares } from '../../protocols/smb/share-list.ts';
import { leftOutReason } from '../../protocols/smb/status.ts';
import { checkServer } from './check.ts';
import { FileBody } from './file-body.ts';
import { checkOptions, isShareName, type SmbSourceOptions } from './options.ts';
import { sizeOfVersion, toDate, versionOf } from './version.ts';
import { toFileEntry, walkFolder } from './walk.ts';

/** Credits that a file takes of which little comes at a time: to open it, to read from it, to close it. */
const CREDITS_PER_FILE = 4;
/** Numbers of files that are read at a time, whatever the credits. */
const MIN_FILES = 4;
const MAX_FILES = 64;

/** A file or folder as {@link SmbSource.listDirectory} shows it. */
export interface SmbDirectoryEntry {
  readonly name: string;
  /** Path in the source. */
  readonly path: string;
  readonly isDirectory: boolean;
  /** Bytes; 0 for a folder. */
  readonly size: number;
  readonly modified: Date | undefined;
}

/** Properties of the connection by which the messages of an {@link SmbSource} travel. */
export interface SmbConnectionInfo {
  /** Such as `3.1.1`. */
  readonly dialect: string;
  /** Algorithm that signs messages; undefined when they are not signed. */
  readonly signing: string | undefined;
  /** Cipher that encrypts all messages; undefined when they are not encrypted. */
  readonly cipher: string | undefined;
  /** Cipher for shares that must be encrypted; undefined when there is none. */
  readonly availableCipher: string | undefined;
  readonly isGuest: boolean;
  /** The largest read, bytes. */
  readonly maxReadBytes: number;
}

/**
 * The shares of a server that speaks SMB 2 or 3, such as a NAS, read only.
 *
 * Without the option `share` the first name of a path is the share, and a listing covers every share that the server
 * shows and the user may enter. Listings pass over names that begin with `.` and, telling of them, links to elsewhere,
 * folders that may not be read, and folders that a system keeps for itself (hidden system folders, `@Recycle`,
 * `~snapshot`, `$RECYCLE.BIN`, …) unless the prefix names one. A folder that several paths lead to is listed once: links
 * that the server follows are not shown as such. A file's version is its size, its time of last write (100 ns) and its id on the disk.
 *
 * It connects when it is first used, signs every message, and connects anew after the connection broke.
 */
export class SmbSource implements Source {
  readonly id: string;
  readonly host: string;
  readonly port: number;
  readonly #client: SmbClient;
  readonly #share: string | undefined;
  readonly #server: string;
  readonly #life: Lifetime;

  /**
   * @param parts - what tests put in place of the network, of chance and of waiting
   * @throws ConfigError when an option cannot be used
   */
  constructor(
    options: SmbSourceOptions,
    parts: Pick<ClientOptions, 'dial' | 'random' | 'retryDelayMs'> = {},
  ) {
    const checked = checkOptions(options);
    this.id = checked.url;
    this.host = checked.endpoint.host;
    this.port = checked.endpoint.port;
    this.#share = checked.share;
    this.#server = checked.url.slice(0, checked.url.lastIndexOf('/'));
    this.#life = new Lifetime(`The source ${this.id}`, options.signal);
    this.#client = new SmbClient(this.id, { ...checked, ...parts });
  }

  /**
   * Connects and logs in; with the option `share`, enters it. Every other call does so by itself.
   *
   * @throws NetworkError when the server cannot be reached
   * @throws AuthError when it refuses the user
   * @throws NotFoundError when there is no such share
   */
  async connect(options: ReadOptions = {}): Promise<void> {
    await this.#use(options.signal, async (signal) => {
      await this.#client.run(async (session) => {
        if (this.#share !== undefined) await this.#enter(session, this.#share, this.id, signal);
      }, signal);
    });
  }

  /** Describes how messages travel; connects where that is not done yet. */
  describe(options: ReadOptions = {}): Promise<SmbConnectionInfo> {
    return this.#use(options.signal, async (signal) => {
      const { login, connection } = await this.#client.run((session) => Promise.resolve(session), signal);
      const cipher = login.isGuest ? undefined : login.cipher?.name;
      return {
        dialect: dialectName(login.dialect),
        signing: login.signs ? connection.security.signer?.name : undefined,
        cipher: login.encrypts ? cipher : undefined,
        availableCipher: cipher,
        isGuest: login.isGuest,
        maxReadBytes: login.maxReadBytes,
      };
    });
  }

  /**
   * Lists the names of the shares that hold files, sorted.
   *
   * @param options - `hidden`: also administrative ones and those whose names end in `$`
   */
  listShares(options: ReadOptions & { readonly hidden?: boolean | undefined } = {}): Promise<string[]> {
    return this.#use(options.signal, async (signal) => {
      const shares = await this.#client.run((session) => readShares(session, signal), signal);
      return shares
        .filter(({ isDisk, isHidden }) => isDisk && (options.hidden === true || !isHidden))
        .map(({ name }) => name)
        .toSorted();
    });
  }

  /**
   * Lists everything in a folder, sorted by name; without the option `share`, `''` holds the shares.
   *
   * @throws NotFoundError when there is no such folder
   */
  listDirectory(path: string, options: ReadOptions = {}): Promise<SmbDirectoryEntry[]> {
    return this.#use(options.signal, async (signal) => {
      const folder = path.replace(/^\/+|\/+$/g, '');
      const { entries } = await this.#listFolder(folder, signal);
      return entries
        .map(({ name, isDirectory, size, lastWrite }) => ({
          name,
          path: folder === '' ? name : `${folder}/${name}`,
          isDirectory,
          size: isDirectory ? 0 : size,
          modified: toDate(lastWrite),
        }))
        .toSorted((a, b) => (a.name < b.name ? -1 : 1));
    });
  }

  /**
   * @throws NotFoundError when there is no such share
   * @throws AuthError when the folder that is meant may not be read
   */
  async *list(options: ListOptions = {}): AsyncGenerator<FileEntry, void, void> {
    const { prefix = '', onLeftOut } = options;
    const link = this.#link(options.signal);
    const { signal } = link;
    try {
      const folder = prefix.slice(0, prefix.lastIndexOf('/') + 1);
      const start = await this.#listStart(folder, signal);
      signal.throwIfAborted();
      const list = (path: string): Promise<FolderListing | LeftOut['reason']> =>
        this.#listChild(path, signal);
      yield* walkFolder({ list, prefix, onLeftOut, signal }, folder, start);
    } finally {
      link.unlink();
    }
  }

  assertFolder(path: string, options: ReadOptions = {}): Promise<void> {
    return this.#use(options.signal, async (signal) => {
      const { share, path: inner, url } = this.#locate(path);
      await this.#client.run(async (session) => {
        const tree = await this.#enter(session, share, url, signal);
        if (inner !== '') await openFolder(session, tree, inner, url, signal);
      }, signal);
    });
  }

  stat(path: string, options: ReadOptions = {}): Promise<FileEntry> {
    return this.#use(options.signal, async (signal) => {
      const place = this.#locateFile(path);
      const info = await this.#client.run((session) => statFile(session, place, signal), signal);
      return toFileEntry(path, info);
    });
  }

  /**
   * Opens a file. The body reads ahead up to 16 MiB in chunks of up to 1 MiB, and goes on over a new connection when
   * one breaks. It must be read to its end or cancelled: it holds the file open until then.
   *
   * @throws NotFoundError also when the file is no longer of the version `ifVersion`
   * @throws RangeError when `range` does not lie inside the file
   */
  async open(
    path: string,
    options: ReadOptions & {
      readonly range?: ByteRange | undefined;
      readonly ifVersion?: string | undefined;
    } = {},
  ): Promise<SourceFile> {
    const { range, ifVersion } = options;
    const link = this.#link(options.signal);
    try {
      const client = this.#client;
      const place = this.#locateFile(path);
      const file = await client.run((session) => {
        const limit = Math.min(session.login.maxReadBytes, session.connection.credits.payloadLimit());
        const plan = planRead(range, sizeOfVersion(ifVersion), limit);
        return openFile(session, place, { ...plan, allocate: (length) => client.take(length) }, link.signal);
      }, link.signal);
      const entry = toFileEntry(path, file.info);
      const { size, version } = entry;
      const wanted = range ?? { start: 0, end: size };
      const problem =
        ifVersion !== undefined && ifVersion !== version
          ? changedFile(place.url, ifVersion, version)
          : !isRangeOf(wanted, size)
            ? outsideFile(place.url, wanted, size)
            : undefined;
      if (problem !== undefined) {
        if (!file.isClosed) file.session.release(file.tree, file.info.fileId);
        throw problem;
      }
      const body = new FileBody({
        client,
        place,
        range: wanted,
        version: versionOf(file.info),
        file,
        signal: link.signal,
        ended: () => link.unlink(),
      });
      return { ...entry, body: body.stream(), recycle: (chunk) => client.give(chunk) };
    } catch (error) {
      link.unlink();
      throw error;
    }
  }

  check(
    options: ReadOptions & { readonly path?: string | undefined } = {},
  ): Promise<readonly ConnectionStep[]> {
    return checkServer(this, options);
  }

  /** Files at a time that the server's credits allow. */
  get maxConcurrency(): number {
    return Math.max(MIN_FILES, Math.min(MAX_FILES, Math.floor(this.#client.credits / CREDITS_PER_FILE)));
  }

  close(): Promise<void> {
    return this.#life.close(() => Promise.resolve(this.#client.close()));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /**
   * Lists the entries that a listing begins with. What does not exist holds nothing, but a share that is meant must be
   * there.
   */
  async #listStart(folder: string, signal: AbortSignal): Promise<FolderListing> {
    const names = folder.split('/').slice(0, -1);
    if (names.some((name) => name === '' || name === '.' || name === '..' || name.includes('\0')))
      return NOTHING;
    try {
      return await this.#listFolder(names.join('/'), signal);
    } catch (error) {
      const isBelowShare = names.length > (this.#share === undefined ? 1 : 0);
      if (isBelowShare && isVascuError(error, 'NOT_FOUND')) return NOTHING;
      throw error;
    }
  }

  /** Lists a folder found in a listing, or tells why it is left out; it may be gone by now. */
  #listChild(path: string, signal: AbortSignal): Promise<FolderListing | LeftOut['reason']> {
    const place = this.#locate(path);
    return this.#client.run(async (session) => {
      // Only what the folder itself is refused for: a new login may be refused as well.
      try {
        return await this.#readFolder(session, place, signal);
      } catch (error) {
        if (isVascuError(error, 'NOT_FOUND')) return NOTHING;
        const reason = leftOutReason(error);
        if (reason === undefined) throw error;
        return reason;
      }
    }, signal);
  }

  async #listFolder(folder: string, signal: AbortSignal): Promise<FolderListing> {
    if (folder === '' && this.#share === undefined) {
      const shares = await this.#client.run((session) => readShares(session, signal), signal);
      const shown = shares.filter(({ isDisk, isHidden }) => isDisk && !isHidden);
      return { ...NOTHING, entries: shown.map(({ name }) => shareEntry(name)) };
    }
    const place = this.#locate(folder);
    return this.#client.run((session) => this.#readFolder(session, place, signal), signal);
  }

  async #readFolder(
    session: Session,
    { share, path, url }: ShareFile,
    signal: AbortSignal,
  ): Promise<FolderListing> {
    const tree = await this.#enter(session, share, url, signal);
    const listing = await readFolder(session, tree, path, url, signal);
    return { ...listing, disk: listing.disk && `${share} ${listing.disk}` };
  }

  /** Connects a share that holds files. @throws NotFoundError when there is none, saying which there are */
  async #enter(session: Session, share: string, url: string, signal: AbortSignal): Promise<Tree> {
    const tree = await session.tree(share, signal).catch(async (error: unknown) => {
      if (!isVascuError(error, 'NOT_FOUND')) throw error;
      const shares = await readShares(session, signal).catch(() => []);
      const names = shares.filter(({ isDisk, isHidden }) => isDisk && !isHidden).map(({ name }) => name);
      if (names.length === 0 || names.includes(share)) throw error;
      throw new NotFoundError(
        `${error.message} Those it shows are: ${names.toSorted().slice(0, 20).join(', ')}.`,
        { cause: error },
      );
    });
    if (tree.isDisk) return tree;
    throw new NotFoundError(`${url} is a printer or a pipe, not a folder.`);
  }

  #locateFile(path: string): ShareFile {
    assertInside(path);
    const place = this.#locate(path);
    if (place.path !== '') return place;
    throw new NotFoundError(
      `${place.url} is a share, not a file: give a path such as "share/folder/case.vtu".`,
    );
  }

  #locate(path: string): ShareFile {
    if (path !== '') assertInside(path);
    const slash = path.indexOf('/');
    const first = slash < 0 ? path : path.slice(0, slash);
    const rest = slash < 0 ? '' : path.slice(slash + 1);
    const share = this.#share ?? first;
    const inner = this.#share === undefined ? rest : path;
    const url = `${this.#server}/${share}${inner === '' ? '' : `/${inner}`}`;
    if (!isShareName(share)) throw new NotFoundError(`${url}: ${JSON.stringify(share)} cannot be a share.`);
    return { share, path: inner, url };
  }

  /** Links the signal of one call: the source's and the call's own. */
  #link(signal: AbortSignal | undefined): LinkedSignal {
    return this.#life.link(signal);
  }

  async #use<Result>(
    signal: AbortSignal | undefined,
    task: (signal: AbortSignal) => Promise<Result>,
  ): Promise<Result> {
    const link = this.#link(signal);
    try {
      return await task(link.signal);
    } finally {
      link.unlink();
    }
  }
}

/** A folder that holds nothing, as one does that is not there. */
const NOTHING: FolderListing = { entries: [], disk: undefined, id: undefined };
/** Read together with opening a file of unknown size. */
const GUESS_BYTES = 256 * 1024;

/**
 * Plans what to read together with opening: up to `limit` bytes, and with a size known to fit, close the file as well.
 */
function planRead(
  range: ByteRange | undefined,
  size: number | undefined,
  limit: number,
): Omit<FirstRead, 'allocate'> {
  const start = range?.start ?? 0;
  const end = range?.end ?? size ?? Number.MAX_SAFE_INTEGER;
  if (!isRangeOf({ start, end }, size ?? Number.MAX_SAFE_INTEGER))
    return { offset: 0, length: 0, closes: false };
  const isKnown = range !== undefined || size !== undefined;
  const length = Math.min(end - start, limit, isKnown ? limit : GUESS_BYTES);
  return { offset: start, length, closes: isKnown && length === end - start };
}

function shareEntry(name: string): FolderEntry {
  return {
    name,
    isDirectory: true,
    isLink: false,
    isSystem: false,
    size: 0,
    lastWrite: 0n,
    diskId: undefined,
  };
}
