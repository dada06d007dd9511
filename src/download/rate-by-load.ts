/** Share of the largest rate that is as much. */
const AS_MUCH_SHARE = 0.85;

/** Weight of a download among those before it at the least: the first ones count alike. */
const NEWEST_WEIGHT = 0.2;

/** Rate that came with about so many downloads at a time. */
interface Load {
  /** Downloads at a time, averaged. */
  downloads: number;
  rate: number;
  /** Number of downloads that were noted. */
  count: number;
}

/** Record of how many bytes came a millisecond with how many downloads at a time. */
export class RateByLoad {
  /** Number of downloads at a time and its rate, by twice the binary digits of that number. */
  readonly #loads = new Map<number, Load>();
  #knee = Infinity;

  /** Fewest downloads at a time that were seen to bring as much as any number did; infinite while nothing is known. */
  get knee(): number {
    return this.#knee;
  }

  note(downloads: number, rate: number): void {
    const key = Math.round(2 * Math.log2(Math.max(1, downloads)));
    const load = this.#loads.get(key);
    if (load === undefined) this.#loads.set(key, { downloads, rate, count: 1 });
    else {
      const weight = Math.max(NEWEST_WEIGHT, 1 / ++load.count);
      load.downloads += weight * (downloads - load.downloads);
      load.rate += weight * (rate - load.rate);
    }
    if (this.#knee === Infinity) this.look();
  }

  /** Finds the knee anew. */
  look(): void {
    const most = Math.max(...[...this.#loads.values()].map(({ rate }) => rate));
    const enough = [...this.#loads.values()].filter(({ rate }) => rate >= AS_MUCH_SHARE * most);
    this.#knee = Math.min(...enough.map(({ downloads }) => downloads));
  }

  /** Forgets everything. */
  forget(): void {
    this.#loads.clear();
    this.#knee = Infinity;
  }
}
