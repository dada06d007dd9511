import type { CacheKey } from '../cache/cache-key.ts';
import type { HeldEntry } from '../cache/held-entry.ts';
import type { Reservation } from '../cache/reservation.ts';
import { abortable } from '../core/abort.ts';
import { isVascuError } from '../core/errors.ts';
import type { ReadPlanner, Stretch, WholeReason } from '../core/read-plan.ts';
import type { ByteRange, FileEntry, ReadOptions } from '../core/source.ts';
import type { DownloadTarget } from './download.ts';
import { openFileAccess } from './file-access.ts';
import { retryGone } from './gone-file.ts';
import { type Loan, type LoanRequest, MeshLoans, MIN_LOAN_BYTES } from './mesh-loans.ts';
import type { FilePart, FilePlace, PartedFile } from './part-access.ts';
import {
  type Choice,
  HEAD_BYTES,
  isNearlyWhole,
  isWholeCheaper,
  isWorthLooking,
  type Pace,
  roundTripBytes,
} from './part-decision.ts';
import { joinNeighbours } from './part-run.ts';
import { clip, type Part, PartStore } from './part-store.ts';
import { PlanGuesses } from './plan-guesses.ts';
import { RangeProbes } from './range-probes.ts';
import type { FetchContext } from './whole-files.ts';
import { fillFromParts, type OpenedPart } from './whole-from-parts.ts';

/** A file of which at least what is wanted stays on this machine until it is let go. */
export interface HeldParts extends Disposable {
  readonly place: FilePlace;
  /** Bytes of it that are on this machine for its sake alone. */
  readonly bytes: number;
  /**
   * As `HeldFile.release`.
   *
   * @param options.shared - whether `remove` means parts as well that other files have in common with it
   */
  release(options?: { readonly remove?: boolean | undefined; readonly shared?: boolean | undefined }): void;
}

/** Whether single arrays are fetched: `'auto'` as far as it is faster. */
export type PartMode = 'auto' | 'whole' | 'partial';

/** What partial reading did so far. */
export interface PartialStats {
  /** Files of which only parts are here, counted at each use. */
  readonly files: number;
  /** How often a file was taken whole although only some arrays were wanted, by the reason. */
  readonly whole: Readonly<Record<WholeReason, number>>;
  /** Bytes of meshes that were taken from another file of the same mesh, counted at each use. */
  readonly sharedBytes: number;
}

/** What is wanted of a file. */
export interface PartsRequest {
  /** Finds out from the head of the file which parts of it are wanted. */
  readonly plan: ReadPlanner;
  /**
   * `'partial'` fetches only what is wanted wherever the file allows it; `'auto'` goes by latency, bandwidth and sizes,
   * as far as downloads have shown them. @defaultValue `'auto'`
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
}

/** Options of `DataStreamer.openParts`. */
export interface OpenPartsOptions extends PartsRequest, ReadOptions {
  /** The file as a listing gave it: saves asking the source for its version. @defaultValue asked for */
  readonly entry?: FileEntry | undefined;
}

/** Room is scarce in a cache that holds fewer such files than this. */
const SCARCE = 16;

/**
 * Fetches of files what is wanted of them. Each part of a file is an object of the cache of its own, so that all that
 * holds of whole files holds of it: it is complete or not there, fetched once, counted, checked and removed by order of
 * use. Which parts are there is asked of the cache by name.
 */
export class PartFiles {
  readonly #context: FetchContext;
  readonly #pace: Pace;
  readonly #store: PartStore;
  readonly #loans: MeshLoans;
  readonly #guesses = new PlanGuesses();
  readonly #probes: RangeProbes;
  readonly #whole: Record<WholeReason, number> = {
    inline: 0,
    unplannable: 0,
    noRanges: 0,
    cheaper: 0,
    nearlyWhole: 0,
  };
  #files = 0;
  #sharedBytes = 0;
  /** Files that are being opened. */
  #opening = 0;
  /** Ends when the last one who waits for scarce room has it. */
  #last: Promise<unknown> = Promise.resolve();
  /** Whether the source was seen to give no parts of files. */
  #rangeless = false;

  constructor(context: FetchContext, pace: Pace) {
    this.#context = context;
    this.#pace = pace;
    this.#store = new PartStore(context, pace);
    this.#loans = new MeshLoans(context, this.#store, pace);
    this.#probes = new RangeProbes(context);
  }

  stats(): PartialStats {
    return { files: this.#files, whole: { ...this.#whole }, sharedBytes: this.#sharedBytes };
  }

  /** Keys of the parts of a file that are thought to be there. */
  keysOf(path: string): CacheKey[] {
    return this.#store.keysOf(path);
  }

  /** Is told that a part is no longer there. @returns whether it was the last one of its file */
  gone(path: string, key: CacheKey): boolean {
    return this.#store.gone(path, key);
  }

  /** Whether all that is wanted of a file is there in parts; nothing is fetched. */
  isHere(entry: FileEntry, { plan, sameMeshAs }: PartsRequest, signal: AbortSignal): Promise<boolean> {
    const isOwn = sameMeshAs === undefined || sameMeshAs.path === entry.path;
    return this.#store.isPlanHere(entry, plan, signal, isOwn);
  }

  /**
   * Holds what is wanted of a file, or all of it.
   *
   * @param whole - fetches all of it as if nothing had been planned
   */
  async open(
    entry: FileEntry,
    request: PartsRequest,
    whole: () => Promise<HeldParts>,
    signal: AbortSignal,
  ): Promise<HeldParts> {
    const { maxSize } = await this.#context.openCache();
    // The lender may be held as a whole beside all that is wanted of the borrower.
    const { sameMeshAs } = request;
    const fits = sameMeshAs !== undefined && entry.size + sameMeshAs.size <= maxSize;
    const wanted = fits ? request : { ...request, sameMeshAs: undefined };
    const open = async (): Promise<HeldParts> => {
      this.#opening++;
      const parts = retryGone(() => this.#open(entry, wanted, signal)).finally(() => this.#opening--);
      return (await parts) ?? (await whole());
    };
    // Where room is scarce, files that have some of their parts would wait for each other.
    return entry.size * SCARCE < maxSize ? open() : this.#inTurn(open, signal);
  }

  async #open(entry: FileEntry, request: PartsRequest, signal: AbortSignal): Promise<HeldParts | undefined> {
    const cache = await this.#context.openCache();
    const whole = await cache.hold(this.#wholeKey(entry), { size: entry.size, signal });
    if (whole !== undefined) {
      this.#context.count('hits');
      return asParts(whole);
    }
    if (this.#rangeless) return this.#giveUp('noRanges');
    const { size } = entry;
    const isLarge =
      request.mode !== 'partial' ? isWorthLooking(this.#pace, size, this.#opening) : size > 2 * HEAD_BYTES;
    const head = { start: 0, end: Math.min(HEAD_BYTES, size) };
    if (!isLarge && !(await this.#store.isHere(entry, head))) return this.#giveUp('cheaper');
    const parts: Part[] = [];
    try {
      const held = await this.#openParts(entry, request, parts, signal);
      if (held === undefined) letGo(parts);
      return held;
    } catch (error) {
      const isWrong = isVascuError(error, 'INTEGRITY');
      letGo(parts, isWrong);
      const refused = error instanceof RangeError || isVascuError(error, 'UNSUPPORTED');
      // Of several servers behind one name the one that was asked first may not come up again for a part.
      const isChanged = isVascuError(error, 'NOT_FOUND');
      if (signal.aborted || !(refused || isWrong || isChanged)) throw error;
      // Whose parts are wrong may still have whole files, which a checksum may vouch for.
      this.#rangeless ||= refused || this.#probes.hasLied;
      return this.#giveUp('noRanges');
    }
  }

  /** @param parts - gets every part that is held, also where it fails */
  async #openParts(
    entry: FileEntry,
    request: PartsRequest,
    parts: Part[],
    signal: AbortSignal,
  ): Promise<HeldParts | undefined> {
    const ahead: Part[] = [];
    try {
      await this.#fetchAhead(entry, request, ahead, signal);
      return await this.#openPlanned(entry, request, parts, ahead, signal);
    } catch (error) {
      if (isVascuError(error, 'INTEGRITY')) letGo(ahead, true);
      throw error;
    } finally {
      letGo(ahead);
    }
  }

  async #openPlanned(
    entry: FileEntry,
    request: PartsRequest,
    parts: Part[],
    ahead: Part[],
    signal: AbortSignal,
  ): Promise<HeldParts | undefined> {
    const plan = await this.#store.plan(entry, request.plan, parts, signal);
    if (typeof plan === 'string') {
      this.#guesses.judge(ahead, parts);
      return this.#complete(entry, parts, plan, signal);
    }
    const headEnd = parts.at(-1)?.end ?? 0;
    const head = [...parts];
    const stretches = clip(plan, headEnd);
    this.#guesses.judge(ahead, [...head, ...stretches]);
    const absent: Stretch[] = [];
    const unneeded: ByteRange[] = [];
    for (const stretch of stretches) {
      const isHere = await this.#store.isHere(entry, stretch);
      const held = isHere && stretch.wanted ? await this.#store.hold(entry, stretch, signal) : undefined;
      if (held !== undefined) parts.push({ ...stretch, held });
      else if (isHere && !stretch.wanted) unneeded.push(stretch);
      else absent.push(stretch);
    }
    const wanted = absent.filter((stretch) => stretch.wanted);
    const missing = wanted.filter((stretch) => !isLent(entry, stretch, request));
    const lent = wanted.filter((stretch) => isLent(entry, stretch, request));
    const choice: Choice = {
      size: entry.size,
      missing: bytesOf(missing),
      requests: joinNeighbours(missing, roundTripBytes(this.#pace)).length,
      rest: bytesOf(absent),
    };
    const cache = await this.#context.openCache();
    const fits = entry.size <= cache.maxSize;
    const isCheaper =
      request.mode !== 'partial' && ahead.length === 0 && isWholeCheaper(this.#pace, choice, this.#opening);
    if (fits && (isCheaper || isNearlyWhole(choice))) {
      for (const stretch of unneeded) {
        const held = await this.#store.hold(entry, stretch, signal);
        if (held !== undefined) parts.push({ ...stretch, held });
      }
      return this.#complete(entry, parts, isNearlyWhole(choice) ? 'nearlyWhole' : 'cheaper', signal);
    }
    // Only a whole file may be larger than the cache.
    if (bytesOf(parts) + choice.missing > cache.maxSize) return this.#giveUp('cheaper');
    const loan = await this.#bring({ entry, plan, head, missing, lent }, request, parts, signal);
    this.#guesses.learn(guessKey(entry, request), parts);
    this.#context.count(wanted.length + ahead.length === 0 ? 'hits' : 'misses');
    this.#files++;
    return this.#toHeld(entry, parts, loan);
  }

  /** Fetches what a file is likely to need together with its head, as far as neither is here. */
  async #fetchAhead(
    entry: FileEntry,
    request: PartsRequest,
    ahead: Part[],
    signal: AbortSignal,
  ): Promise<void> {
    const guess = this.#guesses.find(guessKey(entry, request));
    if (guess === undefined || (await this.#store.isHere(entry, guess[0] as ByteRange))) return;
    const { maxSize } = await this.#context.openCache();
    if (bytesOf(guess) > maxSize) return;
    const missing: ByteRange[] = [];
    for (const range of guess) if (!(await this.#store.isHere(entry, range))) missing.push(range);
    await this.#fetch(entry, missing, ahead, signal);
  }

  /** Fetches what is missing, and borrows the mesh where another file has it. */
  async #bring(
    wanted: Pick<LoanRequest, 'entry' | 'plan' | 'head'> & Missing,
    { plan: planner, sameMeshAs: lender }: PartsRequest,
    parts: Part[],
    signal: AbortSignal,
  ): Promise<Loan | undefined> {
    const { entry, missing, lent } = wanted;
    const fetching = missing.length === 0 ? undefined : this.#fetch(entry, missing, parts, signal);
    if (lender === undefined || lent.length === 0) {
      await fetching;
      return undefined;
    }
    const borrowing = this.#loans.borrow({ ...wanted, planner, lender, wanted: lent }, signal);
    const [fetched, borrowed] = await Promise.allSettled([fetching, borrowing]);
    if (borrowed.status === 'rejected') throw borrowed.reason;
    const loan = borrowed.value;
    if (fetched.status === 'rejected') {
      letGoLoan(loan);
      throw fetched.reason;
    }
    if (loan === undefined) await this.#fetch(entry, lent, parts, signal);
    else this.#sharedBytes += bytesOf(lent);
    return loan;
  }

  /** Fetches parts; of some files a little is asked for twice, to see that the source keeps to its word. */
  async #fetch(
    entry: FileEntry,
    missing: readonly ByteRange[],
    parts: Part[],
    signal: AbortSignal,
  ): Promise<void> {
    const fetching = this.#store.fetch(entry, missing, parts, signal);
    const probing = this.#probes.take(entry, [...parts, ...missing], signal);
    const [fetched, probed] = await Promise.allSettled([fetching, probing]);
    if (fetched.status === 'rejected') throw fetched.reason;
    if (probed.status === 'rejected') throw probed.reason;
    await this.#probes.check(entry, probed.value, parts, signal);
  }

  #toHeld(entry: FileEntry, parts: readonly Part[], loan: Loan | undefined): HeldParts {
    const own = parts.map(({ start, end, held }): FilePart => ({ start, end, path: held.path }));
    const place: PartedFile = {
      name: entry.path,
      size: entry.size,
      parts: [...own, ...(loan?.parts ?? [])].toSorted((a, b) => a.start - b.start),
    };
    const entries = parts.map(({ held }) => held);
    if (loan === undefined) return { ...release(entries), place, bytes: bytesOf(parts) };
    const held = release([...entries, loan.mark]);
    const lenders = release(loan.held);
    const letGoAll: HeldParts['release'] = ({ remove = false, shared = false } = {}) => {
      held.release({ remove });
      lenders.release({ remove: remove && shared });
    };
    return { release: letGoAll, [Symbol.dispose]: () => letGoAll(), place, bytes: bytesOf(parts) };
  }

  async #inTurn<Result>(action: () => Promise<Result>, signal: AbortSignal): Promise<Result> {
    const before = this.#last;
    const own = abortable(before, signal).then(action);
    this.#last = Promise.allSettled([before, own]);
    return own;
  }

  /** Makes a whole file of the parts that are here and what is missing of it. */
  async #complete(
    entry: FileEntry,
    parts: readonly Part[],
    reason: WholeReason,
    signal: AbortSignal,
  ): Promise<HeldParts> {
    const { openCache, oversized, download } = this.#context;
    const cache = await openCache();
    this.#whole[reason]++;
    const { size, checksum } = entry;
    const key = this.#wholeKey(entry);
    const sources: OpenedPart[] = [];
    let room: Reservation | undefined;
    try {
      for (const { start, end, held } of parts) {
        sources.push({ start, end, file: await openFileAccess(held.path) });
      }
      // Open files can be read to their ends even when they are removed to make room for the whole one.
      for (const { held } of parts) held.release();
      const target = await cache.acquire(key, { size, checksum, signal, oversized });
      this.#context.count('write' in target ? 'misses' : 'hits');
      if (!('write' in target)) return asParts(target);
      room = target;
      const rest = (gap: DownloadTarget<void>, range: ByteRange): Promise<void> =>
        download(entry, gap, range, signal);
      await fillFromParts(target, sources, rest, signal);
      const again = (): Promise<HeldEntry> => download(entry, target, undefined, signal);
      const published = target.received === size ? target.publish() : again();
      const whole = await published.catch(async (error: unknown) => {
        if (!isVascuError(error, 'INTEGRITY')) throw error;
        await target.restart();
        return again();
      });
      for (const part of parts) {
        const held = await this.#store.hold(entry, part, signal).catch(() => undefined);
        held?.release({ remove: true });
      }
      return asParts(whole);
    } catch (error) {
      await room?.abandon({ keep: signal.aborted || isVascuError(error, 'NETWORK') });
      throw error;
    } finally {
      await Promise.all(sources.map(({ file }) => file.close()));
    }
  }

  #giveUp(reason: WholeReason): undefined {
    this.#whole[reason]++;
    return undefined;
  }

  #wholeKey({ path, version }: FileEntry): CacheKey {
    return { source: this.#context.source, path, version };
  }
}

/** What is to be brought: what is fetched, and what another file has. */
interface Missing {
  readonly missing: readonly Stretch[];
  readonly lent: readonly Stretch[];
}

/** Whether a stretch may be taken from another file. */
function isLent({ path }: FileEntry, { start, end, mesh }: Stretch, { sameMeshAs }: PartsRequest): boolean {
  const isOther = sameMeshAs !== undefined && sameMeshAs.path !== path;
  return isOther && mesh !== undefined && end - start >= MIN_LOAN_BYTES;
}

/** What tells files apart that are not likely to have the same plan; undefined where nothing is known of it. */
function guessKey({ path, size }: FileEntry, { wish, sameMeshAs }: PartsRequest): string | undefined {
  if (wish === undefined) return undefined;
  return JSON.stringify([wish, size, sameMeshAs !== undefined && sameMeshAs.path !== path]);
}

/** A file that is held as a whole. */
export function asParts(file: Pick<HeldEntry, 'path' | 'size' | 'release'>): HeldParts {
  return { ...release([file]), place: file.path, bytes: file.size };
}

/** A hold of several entries as one. */
function release(
  entries: readonly Pick<HeldEntry, 'release'>[],
): Pick<HeldParts, 'release' | typeof Symbol.dispose> {
  const letGoAll: HeldParts['release'] = (options) => {
    for (const entry of entries) entry.release(options);
  };
  return { release: letGoAll, [Symbol.dispose]: () => letGoAll() };
}

function letGo(parts: readonly Part[], remove = false): void {
  for (const { held } of parts) held.release({ remove });
}

function letGoLoan(loan: Loan | undefined): void {
  for (const held of loan?.held ?? []) held.release();
  loan?.mark.release();
}

function bytesOf(ranges: readonly ByteRange[]): number {
  return ranges.reduce((sum, { start, end }) => sum + end - start, 0);
}
