/** Share of the light that reaches every place, so that colours stay near those of the map. */
const AMBIENT = 0.62;
const KEY_LIGHT = 0.3;
const HEAD_LIGHT = 0.1;
/** Direction of the key light: right, up, to the eye; length 1. */
const LX = -0.424;
const LY = 0.53;
const LZ = 0.734;
/** Half way between that light and the eye, length 1. */
const HX = -0.228;
const HY = 0.285;
const HZ = 0.931;
const HIGHLIGHT = 36;

/**
 * Computes how much of a colour is seen where the surface looks along a direction (right, up, to the eye) of length 1.
 */
export function diffuseAt(x: number, y: number, z: number): number {
  const key = x * LX + y * LY + z * LZ;
  return AMBIENT + KEY_LIGHT * (key > 0 ? key : 0) + HEAD_LIGHT * (z > 0 ? z : 0);
}

/** Computes how much white (0 … 255) is added there. */
export function highlightAt(x: number, y: number, z: number): number {
  const cosine = x * HX + y * HY + z * HZ;
  if (cosine < 0.8) return 0;
  const c2 = cosine * cosine;
  const c4 = c2 * c2;
  const c8 = c4 * c4;
  const c16 = c8 * c8;
  return HIGHLIGHT * c16 * c16;
}
