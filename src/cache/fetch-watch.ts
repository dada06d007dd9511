import { statSync } from 'node:fs';
import { hostname } from 'node:os';
import type { Decision } from './admission.ts';
import type { CacheStore } from './cache-store.ts';
import type { FetchTarget } from './fetches.ts';

/** Time for which nothing is said of a fetch of another process that brings no byte, milliseconds. */
const SILENCE_MS = 8_000;

type Fetching = Extract<Decision, { kind: 'fetching' }>;

/** Watch over the fetch of another process for which one waits: whether it gets on. */
export class FetchWatch {
  readonly #store: CacheStore;
  readonly #leaseMs: number;
  #sign = '';
  #since = 0;

  /** @param leaseMs - how long it may bring no byte, milliseconds */
  constructor(store: CacheStore, leaseMs: number) {
    this.#store = store;
    this.#leaseMs = leaseMs;
  }

  /**
   * Tells whether it has brought no byte for so long that its place may be taken. Before that it is said who
   * does not go on.
   */
  async isStuck({ name, label }: FetchTarget, fetching: Fetching): Promise<boolean> {
    const sign = this.#signOf(fetching, name);
    const now = performance.now();
    if (sign !== this.#sign) {
      this.#sign = sign;
      this.#since = now;
    }
    const stalledMs = now - this.#since;
    if (stalledMs > Math.min(SILENCE_MS, this.#leaseMs)) await this.#tell(label, fetching.owner);
    return stalledMs > this.#leaseMs;
  }

  /** Makes a text that changes with each byte that comes. */
  #signOf({ owner, progress }: Fetching, name: string): string {
    try {
      const { size, mtimeMs } = statSync(this.#store.directory.part(name, owner));
      return `${owner} ${progress} ${size} ${mtimeMs}`;
    } catch {
      return `${owner} ${progress}`;
    }
  }

  /** Says, once for each, for which process is waited. */
  async #tell(label: string, owner: string): Promise<void> {
    const known = await this.#store.read((index) => index.processOf(owner));
    const isOwn = known?.pid === process.pid && known.host === hostname();
    const who =
      known === undefined
        ? 'another process'
        : isOwn
          ? 'another part of this process'
          : `process ${known.pid} on ${known.host}`;
    const cure = isOwn
      ? ''
      : ` If that process is stopped, as by Ctrl-Z, let it go on (${known === undefined ? 'fg' : `kill -CONT ${known.pid}`}) or end it.`;
    this.#store.warn(
      'VASCUSIM_CACHE_WAITING',
      `Waiting for ${label}, which ${who} is fetching into the cache in ${this.#store.directory.root}: no byte of it has come for a while.${cure} After ${this.#leaseMs / 1000} s without a byte the file is fetched here as well.`,
      owner,
    );
  }
}
