/** Pace of the way to a source, as downloads have shown it. */
export interface Pace {
  /** Time until a first byte, milliseconds; undefined where nothing was fetched yet. */
  readonly latencyMs: number | undefined;
  readonly bytesPerSecond: number | undefined;
}

/** Pace that is believed of a source before anything came from it. */
const ASSUMED_PACE = { latencyMs: 20, bytesPerSecond: 25_000_000 } as const;

/** Bytes of a file's beginning in which its head is looked for first. */
export const HEAD_BYTES: number = 64 * 1024;

/** Files of no more bytes never come in ranges. */
export const WHOLE_BYTES: number = 2 * HEAD_BYTES;

/** Requests for parts of one file that run together. */
export const MAX_CONCURRENT_RANGES = 4;

/** Parts are fetched where they take less than this share of the time that the rest of the file takes. */
const MAX_TIME_SHARE = 0.95;

/** A file of which no larger share than this would be missing is fetched to its end. */
const MAX_SPARED_SHARE = 1 / 32;

/** Amounts of one file that are to be fetched. */
export interface Choice {
  /** Bytes of the whole file. */
  readonly size: number;
  /** Bytes that are wanted and not here. */
  readonly missing: number;
  /** Requests that these take. */
  readonly requests: number;
  /** Bytes that are not here, wanted or not. */
  readonly rest: number;
}

/** Counts the bytes that come in the time of one round trip. */
export function roundTripBytes(pace: Pace): number {
  const { latencyMs, bytesPerSecond } = known(pace);
  return (latencyMs / 1000) * bytesPerSecond;
}

/**
 * Tells whether the head of a file is worth a request of its own: more can be spared than comes in its time.
 *
 * @param together - files that are under way at a time: while one waits, the others come
 */
export function isWorthLooking(pace: Pace, size: number, together = 1): boolean {
  return size > WHOLE_BYTES + roundTripBytes(pace) / Math.max(1, together);
}

/** Tells whether a file should be fetched whole once its head has told what is wanted of it. */
export function isNearlyWhole({ size, missing, rest }: Choice): boolean {
  return missing > 0 && rest - missing <= size * MAX_SPARED_SHARE;
}

/** Tells whether all of the rest comes as fast as what is wanted of it; see {@link isWorthLooking}. */
export function isWholeCheaper(pace: Pace, { missing, requests, rest }: Choice, together = 1): boolean {
  if (missing === 0) return false;
  const { latencyMs, bytesPerSecond } = known(pace);
  const time = (bytes: number, trips: number): number =>
    (trips * latencyMs) / Math.max(1, together) + (1000 * bytes) / bytesPerSecond;
  return time(missing, Math.ceil(requests / MAX_CONCURRENT_RANGES)) >= MAX_TIME_SHARE * time(rest, 1);
}

/** Tells whether all of a file comes as fast as so many pages of it, which are asked for one after the other. */
export function isWholeFaster(pace: Pace, size: number, pages: number, together = 1): boolean {
  const { latencyMs, bytesPerSecond } = known(pace);
  return (pages * latencyMs) / Math.max(1, together) >= (1000 * size) / bytesPerSecond;
}

function known({ latencyMs, bytesPerSecond }: Pace): {
  readonly latencyMs: number;
  readonly bytesPerSecond: number;
} {
  return {
    latencyMs: latencyMs ?? ASSUMED_PACE.latencyMs,
    bytesPerSecond: bytesPerSecond ?? ASSUMED_PACE.bytesPerSecond,
  };
}
