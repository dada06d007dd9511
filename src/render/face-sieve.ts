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
