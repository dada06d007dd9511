/** Lists of point numbers, each with the cell of the mesh that it comes from. */
export interface CellList {
  /** Point numbers of all lists, one list after the other. */
  readonly connectivity: Int32Array<ArrayBuffer>;
  /** Places where each list begins in `connectivity`, and the end of the last. */
  readonly offsets: Int32Array<ArrayBuffer>;
  /** Cell of the mesh that each list comes from. */
  readonly owners: Int32Array<ArrayBuffer>;
}

/** Whole numbers that grow in number. */
export class IntList {
  #values = new Int32Array(1024);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  push(value: number): void {
    if (this.#length === this.#values.length) {
      const larger = new Int32Array(2 * this.#length);
      larger.set(this.#values);
      this.#values = larger;
    }
    this.#values[this.#length++] = value;
  }

  /** Reads the number at a place that has one. */
  at(place: number): number {
    return this.#values[place] as number;
  }

  take(): Int32Array<ArrayBuffer> {
    return this.#values.slice(0, this.#length);
  }
}

/** Builder of a {@link CellList} as it grows: push the points of a list, then end it. */
export class CellListBuilder {
  readonly points: IntList = new IntList();
  readonly #offsets = new IntList();
  readonly #owners = new IntList();

  constructor() {
    this.#offsets.push(0);
  }

  /** Ends the list whose points were pushed. */
  end(owner: number): void {
    this.#offsets.push(this.points.length);
    this.#owners.push(owner);
  }

  take(): CellList {
    return {
      connectivity: this.points.take(),
      offsets: this.#offsets.take(),
      owners: this.#owners.take(),
    };
  }
}
