// TEMPORARY stand-in by the lead so that the reader can run; helper-1 replaces this file.
export interface Base64Result {
  readonly written: number;
  readonly badAt: number;
}
export interface AsciiResult {
  readonly consumed: number;
  readonly written: number;
  readonly badAt: number;
}
const table = new Int16Array(256).fill(-1);
for (let i = 0; i < 64; i++)
  table['ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'.charCodeAt(i)] = i;
export function decodeBase64(source: Uint8Array, target: Uint8Array): Base64Result {
  let w = 0;
  for (let i = 0; i < source.length; i += 4) {
    const last = i + 4 === source.length;
    let v = 0;
    let n = 3;
    for (let k = 0; k < 4; k++) {
      const c = source[i + k] as number;
      let d = table[c] as number;
      if (d < 0) {
        if (last && c === 61 && k >= 2 && (k === 3 || source[i + 3] === 61)) {
          n = k - 1 < n ? k - 1 : n;
          d = 0;
        } else return { written: w, badAt: i + k };
      }
      v = (v << 6) | d;
    }
    for (let k = 0; k < n && w < target.length; k++) target[w++] = (v >> (16 - 8 * k)) & 255;
  }
  return { written: w, badAt: -1 };
}
export function stripWhitespace(source: Uint8Array): Uint8Array {
  let w = 0;
  for (const b of source) if (b > 32) source[w++] = b;
  return source.subarray(0, w);
}
function parse(source: Uint8Array, room: number, final: boolean, put: (s: string) => boolean): AsciiResult {
  let at = 0;
  let written = 0;
  for (;;) {
    let s = at;
    while (s < source.length && (source[s] as number) <= 32) s++;
    let e = s;
    while (e < source.length && (source[e] as number) > 32) e++;
    if (s === e || (e === source.length && !final) || written === room)
      return { consumed: s, written, badAt: -1 };
    if (!put(String.fromCharCode(...source.subarray(s, e)))) return { consumed: s, written, badAt: s };
    written++;
    at = e;
  }
}
export function parseFloats(
  source: Uint8Array,
  target: Float32Array | Float64Array,
  start: number,
  final: boolean,
): AsciiResult {
  let i = start;
  return parse(source, target.length - start, final, (s) => {
    const n = /^[+-]?inf/i.test(s) ? (s[0] === '-' ? -Infinity : Infinity) : Number(s);
    if (Number.isNaN(n) && !/nan/i.test(s)) return false;
    target[i++] = n;
    return true;
  });
}
export function parseIntegers(
  source: Uint8Array,
  target: BigInt64Array,
  start: number,
  final: boolean,
  _u: boolean,
): AsciiResult {
  let i = start;
  return parse(source, target.length - start, final, (s) => {
    if (!/^[+-]?\d+$/.test(s)) return false;
    target[i++] = BigInt(s);
    return true;
  });
}
export function decodeLz4Block(s: Uint8Array, t: Uint8Array): number {
  let i = 0;
  let o = 0;
  while (i < s.length) {
    const tok = s[i++] as number;
    let l = tok >> 4;
    if (l === 15)
      for (;;) {
        const b = s[i++];
        if (b === undefined) return -1;
        l += b;
        if (b !== 255) break;
      }
    if (i + l > s.length || o + l > t.length) return -1;
    t.set(s.subarray(i, i + l), o);
    i += l;
    o += l;
    if (i >= s.length) return o;
    const off = (s[i] as number) | ((s[i + 1] as number) << 8);
    i += 2;
    let m = tok & 15;
    if (m === 15)
      for (;;) {
        const b = s[i++];
        if (b === undefined) return -1;
        m += b;
        if (b !== 255) break;
      }
    m += 4;
    if (off === 0 || off > o || o + m > t.length) return -1;
    for (let k = 0; k < m; k++, o++) t[o] = t[o - off] as number;
  }
  return o;
}
export function decodeXz(_s: Uint8Array, _t: Uint8Array): number {
  return -1;
}
