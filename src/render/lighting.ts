/** Share of the light that reaches every place, so that colours stay near those of the map. */
const AMBIENT_SHARE = 0.62;
const KEY_LIGHT_SHARE = 0.3;
const HEAD_LIGHT_SHARE = 0.1;
/** Direction of the key light: right, up, to the eye; length 1. */
const LIGHT_X = -0.424;
const LIGHT_Y = 0.53;
const LIGHT_Z = 0.734;
/** Half way between that light and the eye, length 1. */
const HALFWAY_X = -0.228;
const HALFWAY_Y = 0.285;
const HALFWAY_Z = 0.931;
const HIGHLIGHT_LEVEL = 36;

/** Light of all pictures, for who draws by other means: directions (right, up, to the eye) of length 1, and shares. */
export const light: {
  readonly ambientShare: number;
  readonly keyShare: number;
  readonly headShare: number;
  readonly highlightLevel: number;
  readonly key: readonly [number, number, number];
  readonly halfway: readonly [number, number, number];
} = {
  ambientShare: AMBIENT_SHARE,
  keyShare: KEY_LIGHT_SHARE,
  headShare: HEAD_LIGHT_SHARE,
  highlightLevel: HIGHLIGHT_LEVEL,
  key: [LIGHT_X, LIGHT_Y, LIGHT_Z],
  halfway: [HALFWAY_X, HALFWAY_Y, HALFWAY_Z],
};

/**
 * Computes how much of a colour is seen where the surface looks along a direction (right, up, to the eye) of length 1.
 */
export function diffuseAt(x: number, y: number, z: number): number {
  const key = x * LIGHT_X + y * LIGHT_Y + z * LIGHT_Z;
  return AMBIENT_SHARE + KEY_LIGHT_SHARE * (key > 0 ? key : 0) + HEAD_LIGHT_SHARE * (z > 0 ? z : 0);
}

/** Computes how much white (0 … 255) is added there. */
export function highlightAt(x: number, y: number, z: number): number {
  const cosine = x * HALFWAY_X + y * HALFWAY_Y + z * HALFWAY_Z;
  if (cosine < 0.8) return 0;
  const c2 = cosine * cosine;
  const c4 = c2 * c2;
  const c8 = c4 * c4;
  const c16 = c8 * c8;
  return HIGHLIGHT_LEVEL * c16 * c16;
}
