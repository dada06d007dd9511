import type { FileEntry } from '../../core/source.ts';
import type { HttpResponse } from '../../protocols/http/exchange-types.ts';

/** Time for which an address is used that does not say how long it may be, milliseconds. */
const DEFAULT_AGE_MS = 300_000;

/** Share of the time for which an address was signed during which it is used. */
const USED_SHARE = 0.5;

/** Number of addresses that are kept. */
const MAX_ADDRESSES = 4096;

/** Number of questions in a row that found out nothing, after which none is asked for some time. */
const MAX_UNANSWERED = 4;

/** Time after those in which none is asked, milliseconds. */
const PAUSE_MS = 60_000;

/** Answer to the question where a file's bytes lie: in a store, at the Hub itself, or nothing that tells. */
export type StoreAnswer = { readonly url: URL } | 'here' | undefined;

interface KeptAddress {
  readonly found: Promise<StoreAnswer>;
  until: number;
  /** Origin of the address, once it is known. */
  origin?: string | undefined;
}

/**
 * Addresses in the Hub's store at which bytes of files lie, each signed for some time: asked for ahead, so that opening
 * a file takes one trip and not two, and its parts need not ask for each of them. Never kept beyond this process.
 */
export class StoreAddresses {
  readonly #ask: (commit: string, path: string) => Promise<StoreAnswer>;
  readonly #kept = new Map<string, KeptAddress>();
  /** True once the Hub sent a large file itself, or to somewhere of its own. */
  #hasNoStore = false;
  #unanswered = 0;
  /** Time before which nothing is asked. */
  #notBefore = 0;
  readonly #now: () => number;

  /**
   * @param ask - where a file lies; never rejects
   * @param now - the time, milliseconds
   */
  constructor(
    ask: (commit: string, path: string) => Promise<StoreAnswer>,
    now: () => number = (): number => Date.now(),
  ) {
    this.#ask = ask;
    this.#now = now;
  }

  /** Asks where a file lies, if only large ones of its kind are somewhere else than at the Hub and nothing says it yet. */
  anticipate(commit: string, entry: FileEntry): void {
    void this.find(commit, entry);
  }

  /** Finds where a file lies that may be asked about; undefined where it was not asked. */
  find(commit: string, { path, checksum }: FileEntry): Promise<StoreAnswer> | undefined {
    if (this.#hasNoStore || checksum?.algorithm !== 'sha256') return undefined;
    const kept = this.#fresh(keyOf(commit, path))?.found;
    return kept ?? (this.#now() < this.#notBefore ? undefined : this.#askFor(commit, path));
  }

  /** Gives what was found out ahead for one use; undefined where nothing was. */
  take(commit: string, path: string): Promise<StoreAnswer> | undefined {
    const key = keyOf(commit, path);
    const kept = this.#fresh(key);
    this.#kept.delete(key);
    return kept?.found;
  }

  /** Forgets an address that did not do. */
  forget(commit: string, path: string): void {
    this.#kept.delete(keyOf(commit, path));
  }

  /** Forgets all addresses of a store that cannot be reached: the Hub may know another one. */
  forgetStore(origin: string): void {
    for (const [key, kept] of this.#kept) if (kept.origin === origin) this.#kept.delete(key);
  }

  /** Counts questions in a row that found out nothing: each is a request more, and a trip for whoever waits. */
  #noteAnswer(answer: StoreAnswer): void {
    this.#unanswered = answer === undefined ? this.#unanswered + 1 : 0;
    if (this.#unanswered >= MAX_UNANSWERED) this.#notBefore = this.#now() + PAUSE_MS;
  }

  #fresh(key: string): KeptAddress | undefined {
    const kept = this.#kept.get(key);
    return kept === undefined || kept.until <= this.#now() ? undefined : kept;
  }

  #askFor(commit: string, path: string): Promise<StoreAnswer> {
    const key = keyOf(commit, path);
    const asked = this.#now();
    const kept: KeptAddress = {
      until: Infinity,
      found: this.#ask(commit, path).then((answer) => {
        this.#noteAnswer(answer);
        if (answer === 'here') this.#hasNoStore = true;
        if (answer === undefined || answer === 'here') this.#kept.delete(key);
        else {
          kept.origin = answer.url.origin;
          kept.until = asked + USED_SHARE * (signedMs(answer.url, asked) ?? DEFAULT_AGE_MS / USED_SHARE);
        }
        return answer;
      }),
    };
    this.#kept.delete(key);
    this.#kept.set(key, kept);
    for (const [oldest] of this.#kept) {
      if (this.#kept.size <= MAX_ADDRESSES) break;
      this.#kept.delete(oldest);
    }
    return kept.found;
  }
}

/** Reads where a file lies from an answer of the Hub that was not followed. */
export function readStoreAnswer({ status, headers, url }: HttpResponse, endpoint: string): StoreAnswer {
  if (status === 200 || status === 405 || status === 501) return 'here';
  const location = headers.get('Location');
  if (![301, 302, 303, 307, 308].includes(status) || location === null) return undefined;
  if (!URL.canParse(location, url)) return undefined;
  const to = new URL(location, url);
  if (to.origin === new URL(endpoint).origin) return 'here';
  // What a client does not follow is for whoever opens the file to explain.
  const isSafe = to.protocol === 'https:' || (to.protocol === 'http:' && url.protocol === 'http:');
  return isSafe && to.username === '' && to.password === '' ? { url: to } : undefined;
}

/** Reads for how long an address was signed, milliseconds (AWS Signature Version 4; CloudFront's `Expires`). */
function signedMs({ searchParams }: URL, now: number): number | undefined {
  const seconds = Number(searchParams.get('X-Amz-Expires') ?? Number.NaN);
  if (Number.isFinite(seconds)) return 1000 * seconds;
  const expires = Number(searchParams.get('Expires') ?? Number.NaN);
  return Number.isFinite(expires) ? 1000 * expires - now : undefined;
}

function keyOf(commit: string, path: string): string {
  return `${commit} ${path}`;
}
