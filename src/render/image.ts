/** A picture. */
export interface Image {
  /** Pixels across. */
  readonly width: number;
  /** Pixels down. */
  readonly height: number;
  /** Red, green, blue and opacity of each pixel, row by row from the top; `4 · width · height` values. */
  readonly data: Uint8ClampedArray<ArrayBuffer>;
}
