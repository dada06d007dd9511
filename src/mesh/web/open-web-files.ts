import { linkSignals } from '../../core/abort.ts';
import type { SiblingFile } from '../../core/mesh.ts';
import { isPlainPath } from '../../core/safe-path.ts';
import { planWebRead, type WebWish } from './plan-web-read.ts';
import { addressBeside, type WebAddress } from './web-address.ts';
import { NoRanges } from './web-errors.ts';
import { RequestQueue, WebFile } from './web-file.ts';
import { rangesOf } from './web-ranges.ts';
import { WebRequests } from './web-requests.ts';

/** Bytes of a file's beginning in which its head is looked for first. */
const HEAD_BYTES = 64 * 1024;
/** Pieces that are opened before they are asked for. */
const PIECES_AHEAD = 2;

/** Options of {@link WebFiles}. */
export interface WebFilesOptions {
  readonly headers: Readonly<Record<string, string>>;
  /** Wish whose bytes are fetched. @defaultValue undefined: all of each file */
  readonly wish: WebWish | undefined;
  /** True when files come whole, past any cache, because ranges of them were not of one state. */
  readonly isWhole: boolean;
  /** Name of the first file in messages. */
  readonly path: string;
  readonly signal: AbortSignal | undefined;
}

/** Files of a web server that one read takes: the mesh file and its pieces. What is under way ends with it. */
export class WebFiles {
  readonly #options: WebFilesOptions;
  readonly #queue = new RequestQueue();
  readonly #controller = new AbortController();
  readonly #link: ReturnType<typeof linkSignals>;
  readonly #pieces = new Map<string, Promise<SiblingFile>>();

  constructor(options: WebFilesOptions) {
    this.#options = options;
    this.#link = linkSignals(options.signal, this.#controller.signal);
  }

  /** Opens a file, and begins to fetch what is wished of it. */
  open(address: WebAddress): Promise<SiblingFile> {
    const { headers, path } = this.#options;
    return this.#open(new WebRequests(address.url, address.label, headers), path);
  }

  /**
   * Makes a function that opens pieces by their paths relative to a file, and the next ones meanwhile.
   *
   * @param names - of the pieces, in the order in which they are read
   */
  siblingsOf(address: WebAddress, names: readonly string[]): (relative: string) => Promise<SiblingFile> {
    const { headers } = this.#options;
    const openPiece = (relative: string): Promise<SiblingFile> => {
      const known = this.#pieces.get(relative);
      if (known !== undefined) return known;
      const opening = Promise.resolve().then(() => {
        const piece = addressBeside(address, relative);
        return this.#open(new WebRequests(piece.url, piece.label, headers), piece.label);
      });
      // Its failure is told by whoever asks for it.
      opening.catch(() => undefined);
      this.#pieces.set(relative, opening);
      return opening;
    };
    return (relative) => {
      const opening = openPiece(relative);
      // A piece is read once: its bytes are let go of when it is.
      this.#pieces.delete(relative);
      const at = names.indexOf(relative);
      for (const next of at < 0 ? [] : names.slice(at + 1, at + 1 + PIECES_AHEAD))
        if (isPlainPath(next)) openPiece(next);
      return opening;
    };
  }

  /** Ends what is under way. */
  close(): void {
    this.#controller.abort(new DOMException('The read has ended.', 'AbortError'));
    this.#link.unlink();
  }

  async #open(requests: WebRequests, path: string): Promise<SiblingFile> {
    const { wish, isWhole } = this.#options;
    if (wish === undefined || isWhole) return this.#whole(requests);
    try {
      return (await this.#inRanges(requests, path, wish)) ?? (await this.#whole(requests));
    } catch (error) {
      if (!(error instanceof NoRanges)) throw error;
      return this.#whole(requests);
    }
  }

  async #whole(requests: WebRequests): Promise<WebFile> {
    const { signal } = this.#link;
    return WebFile.ofBody(await this.#queue.run(() => requests.whole(signal, this.#options.isWhole)));
  }

  /** Opens a file of which parts are fetched; undefined where all of it should be. */
  async #inRanges(requests: WebRequests, path: string, wish: WebWish): Promise<SiblingFile | undefined> {
    const { signal } = this.#link;
    const head = await this.#queue.run(() => requests.head(HEAD_BYTES, signal));
    if (!('bytes' in head)) return WebFile.ofBody(head);
    const { bytes, size } = head;
    if (size === undefined || size < bytes.byteLength) return undefined;
    const file = new WebFile(size, bytes, (range) =>
      this.#queue
        .run(() => requests.range(range, size, signal))
        .catch((error: unknown) => {
          // The others are in vain.
          this.#controller.abort(error);
          throw error;
        }),
    );
    const plan = await planWebRead(file, path, wish, signal);
    if (plan === undefined) return undefined;
    file.begin(rangesOf(plan, file.headEnd));
    return Object.assign(file, { parsed: plan.parsed });
  }
}
