/** Reader of the faces whose like is looked for. */
export interface FaceSource {
  /** Writes the corners of a face of a cell to `target` and returns how many they are. */
  readCorners(owner: number, place: number, target: number[]): number;
}

/** Number of faces in a bucket from which on they are sorted before they are compared. */
const LARGE_BUCKET_FACES = 64;

/**
 * Faces of all cells, grouped by their smallest corner with a counting sort: first count all, then place all, then
 * look for those that no other face is like.
 */
export class FaceMatch {
  readonly #source: FaceSource;
  /**
   * Number of faces by smallest corner + 1 while they are counted; then the place where the bucket of each corner
   * begins.
   */
  readonly #starts: Int32Array;
  #next: Int32Array = new Int32Array(0);
  #second: Int32Array = new Int32Array(0);
  #largest: Int32Array = new Int32Array(0);
  #owners: Int32Array = new Int32Array(0);
  #places: Uint8Array | Int32Array = new Uint8Array(0);
  readonly #corners: number[] = [];
  readonly #others: number[] = [];

  constructor(numPoints: number, source: FaceSource) {
    this.#starts = new Int32Array(numPoints + 1);
    this.#source = source;
  }

  count(smallest: number): void {
    (this.#starts[smallest + 1] as number)++;
  }

  /** Ends counting; places of faces are below 256 unless `wide`. */
  *startPlacing(wide: boolean): Generator<void, void> {
    const starts = this.#starts;
    for (let at = 1; at < starts.length; at++) {
      starts[at] = (starts[at] as number) + (starts[at - 1] as number);
      if (at % 2 ** 17 === 0) yield;
    }
    const faces = starts.at(-1) as number;
    this.#next = starts.slice(0, -1);
    yield;
    this.#second = new Int32Array(faces);
    yield;
    this.#largest = new Int32Array(faces);
    yield;
    this.#owners = new Int32Array(faces);
    this.#places = wide ? new Int32Array(faces) : new Uint8Array(faces);
    yield;
  }

  place(smallest: number, second: number, largest: number, owner: number, place: number): void {
    const at = this.#next[smallest] as number;
    this.#next[smallest] = at + 1;
    this.#second[at] = second;
    this.#largest[at] = largest;
    this.#owners[at] = owner;
    this.#places[at] = place;
  }

  /** Goes through the faces that no other is like, in the order of their smallest corners. */
  *findSingle(found: (owner: number, place: number) => void): Generator<void, void> {
    const starts = this.#starts;
    let work = 0;
    for (let bucket = 0; bucket + 1 < starts.length; bucket++) {
      const begin = starts[bucket] as number;
      const end = starts[bucket + 1] as number;
      if (end - begin > LARGE_BUCKET_FACES) this.#findSorted(begin, end, found);
      else this.#findFew(begin, end, found);
      work += 8 + end - begin;
      if (work < 2 ** 15) continue;
      work = 0;
      yield;
    }
  }

  #findFew(begin: number, bucketEnd: number, found: (owner: number, place: number) => void): void {
    let end = bucketEnd;
    for (let at = begin; at < end; at++) {
      const second = this.#second[at] as number;
      const largest = this.#largest[at] as number;
      let single = true;
      for (let other = at + 1; other < end; ) {
        if (this.#second[other] !== second || this.#largest[other] !== largest || !this.#isSame(at, other)) {
          other++;
          continue;
        }
        single = false;
        end--;
        this.#second[other] = this.#second[end] as number;
        this.#largest[other] = this.#largest[end] as number;
        this.#owners[other] = this.#owners[end] as number;
        this.#places[other] = this.#places[end] as number;
      }
      if (single) found(this.#owners[at] as number, this.#places[at] as number);
    }
  }

  /** Does what {@link FaceMatch.#findFew} does, in n log n. */
  #findSorted(begin: number, end: number, found: (owner: number, place: number) => void): void {
    const second = this.#second;
    const largest = this.#largest;
    const order = Int32Array.from({ length: end - begin }, (_, index) => begin + index).sort(
      (a, b) =>
        (second[a] as number) - (second[b] as number) ||
        (largest[a] as number) - (largest[b] as number) ||
        a - b,
    );
    for (let from = 0, to = 1; from < order.length; from = to, to = from + 1) {
      const first = order[from] as number;
      while (
        to < order.length &&
        second[order[to] as number] === second[first] &&
        largest[order[to] as number] === largest[first]
      )
        to++;
      for (let at = from; at < to; at++) {
        const face = order[at] as number;
        let single = true;
        for (let other = from; other < to && single; other++) {
          single = other === at || !this.#isSame(face, order[other] as number);
        }
        if (single) found(this.#owners[face] as number, this.#places[face] as number);
      }
    }
  }

  /** Tells whether two faces with the same smallest, second and largest corner have all corners in common. */
  #isSame(one: number, other: number): boolean {
    const corners = this.#corners;
    const others = this.#others;
    const count = this.#source.readCorners(this.#owners[one] as number, this.#places[one] as number, corners);
    if (
      count !== this.#source.readCorners(this.#owners[other] as number, this.#places[other] as number, others)
    )
      return false;
    if (count === 3) return true;
    for (let at = 0; at < count; at++) {
      let has = false;
      for (let to = 0; to < count && !has; to++) has = others[to] === corners[at];
      if (!has) return false;
    }
    return true;
  }
}

/**
 * Sieve that finds the few points at which faces may be on the surface: at each point the hashes of the faces whose
 * smallest corner it is are joined by exclusive or, so that what two bodies have in common goes out. A point at which
 * something is left has a face that an odd number of bodies has, but for one in 2^64.
 *
 * Faces of the inside, which are most, need then neither be sorted nor kept.
 */
export class FaceSieve {
  readonly #first: Int32Array;
  readonly #second: Int32Array;

  constructor(numPoints: number) {
    this.#first = new Int32Array(numPoints);
    this.#second = new Int32Array(numPoints);
  }

  /**
   * Adds a face.
   *
   * @param sum - sum of {@link mixPoint} of its corners
   * @param bits - exclusive or of the numbers of its corners
   */
  add(smallest: number, sum: number, bits: number): void {
    let one = Math.imul(sum ^ (sum >>> 16), 0x7feb352d);
    one = Math.imul(one ^ (one >>> 15), 0x846ca68b);
    let other = Math.imul(sum ^ Math.imul(bits, 0x9e3779b1), 0x85ebca6b);
    other = Math.imul(other ^ (other >>> 13), 0xc2b2ae35);
    this.#first[smallest] = (this.#first[smallest] as number) ^ one ^ (one >>> 16);
    this.#second[smallest] = (this.#second[smallest] as number) ^ other ^ (other >>> 16);
  }

  /** Adds the faces of tetrahedra, whose corners are `connectivity[begin … end − 1]`. */
  addTetrahedra(connectivity: Int32Array, begin: number, end: number): void {
    for (let at = begin; at < end; at += 4) {
      const a = connectivity[at] as number;
      const b = connectivity[at + 1] as number;
      const c = connectivity[at + 2] as number;
      const d = connectivity[at + 3] as number;
      const ab = a < b ? a : b;
      const cd = c < d ? c : d;
      const ma = mixPoint(a);
      const mb = mixPoint(b);
      const mc = mixPoint(c);
      const md = mixPoint(d);
      this.add(ab < d ? ab : d, (ma + mb + md) | 0, a ^ b ^ d);
      this.add(b < cd ? b : cd, (mb + mc + md) | 0, b ^ c ^ d);
      this.add(a < cd ? a : cd, (ma + mc + md) | 0, a ^ c ^ d);
      this.add(ab < c ? ab : c, (ma + mb + mc) | 0, a ^ b ^ c);
    }
  }

  /** Adds the faces of hexahedra, whose corners are `connectivity[begin … end − 1]`. */
  addHexahedra(connectivity: Int32Array, begin: number, end: number): void {
    for (let at = begin; at < end; at += 8) {
      const a = connectivity[at] as number;
      const b = connectivity[at + 1] as number;
      const c = connectivity[at + 2] as number;
      const d = connectivity[at + 3] as number;
      const e = connectivity[at + 4] as number;
      const f = connectivity[at + 5] as number;
      const g = connectivity[at + 6] as number;
      const h = connectivity[at + 7] as number;
      const ab = a < b ? a : b;
      const cd = c < d ? c : d;
      const ef = e < f ? e : f;
      const gh = g < h ? g : h;
      const ae = a < e ? a : e;
      const bf = b < f ? b : f;
      const cg = c < g ? c : g;
      const dh = d < h ? d : h;
      const ma = mixPoint(a);
      const mb = mixPoint(b);
      const mc = mixPoint(c);
      const md = mixPoint(d);
      const me = mixPoint(e);
      const mf = mixPoint(f);
      const mg = mixPoint(g);
      const mh = mixPoint(h);
      this.add(ae < dh ? ae : dh, (ma + me + mh + md) | 0, a ^ e ^ h ^ d);
      this.add(bf < cg ? bf : cg, (mb + mc + mg + mf) | 0, b ^ c ^ g ^ f);
      this.add(ae < bf ? ae : bf, (ma + mb + mf + me) | 0, a ^ b ^ f ^ e);
      this.add(cg < dh ? cg : dh, (mc + md + mh + mg) | 0, c ^ d ^ h ^ g);
      this.add(ab < cd ? ab : cd, (ma + mb + mc + md) | 0, a ^ b ^ c ^ d);
      this.add(ef < gh ? ef : gh, (me + mf + mg + mh) | 0, e ^ f ^ g ^ h);
    }
  }

  /** Tells of each point whether a face whose smallest corner it is may be on the surface: 1 or 0. */
  take(): Uint8Array {
    const first = this.#first;
    const second = this.#second;
    const mayBe = new Uint8Array(first.length);
    for (let point = 0; point < mayBe.length; point++)
      if (((first[point] as number) | (second[point] as number)) !== 0) mayBe[point] = 1;
    return mayBe;
  }
}

/** Mixes the bits of a point's number, so that the sum of those of a face's corners tells it from others. */
export function mixPoint(point: number): number {
  const mixed = Math.imul(point + 0x6d2b79f5, 0x2c1b3c6d);
  return Math.imul(mixed ^ (mixed >>> 15), 0x297a2d39) ^ (mixed >>> 17);
}
