import { type Fetch, FetchWindow } from '../../src/dataset/fetch-window.ts';
import { DownloadPace, type DownloadStart } from '../../src/download/pace.ts';
import { GainLimit } from '../../src/protocols/http/gain-limit.ts';
import { OriginLimit } from '../../src/protocols/http/origin-limit.ts';
import { withQueue } from '../../src/sources/connection-options.ts';

/** Way to a server, in simulated time. */
export interface SimulatedWay {
  /** Time until a first byte, milliseconds. */
  readonly latencyMs: number;
  /** Bytes a millisecond that all downloads share. */
  readonly rate: number;
  readonly bytes: number;
  /** Downloads that the server works on at a time; the others wait. @defaultValue all */
  readonly parallel?: number | undefined;
  /** Most requests at a time that the source says it takes. @defaultValue 128 */
  readonly most?: number | undefined;
  /** Share of latency by which waits differ, drawn from `chance`. @defaultValue 0 */
  readonly jitter?: number | undefined;
  /** Whether the source gives no more at a time than bring more bytes, as from a NAS by its web API. @defaultValue false */
  readonly judgesGain?: boolean | undefined;
  /** Latencies that making a connection takes; there is one at the beginning. @defaultValue 1 */
  readonly connecting?: number | undefined;
}

export interface SimulatedRun {
  /** Downloads at a time, at the most. */
  readonly most: number;
  /** Downloads at a time, at the most, while the last quarter of the files came. */
  readonly lastMost: number;
  /** Downloads at a time at the server, on average, while the second half of the files came. */
  readonly mean: number;
  /** Share of the way's rate that was used by the second half of the files. */
  readonly share: number;
  /** Time that all of it took, milliseconds. */
  readonly ms: number;
  /** Time after which three quarters of the rate were used for the first time over one latency, in latencies. */
  readonly rounds: number;
}

interface Running {
  readonly start: DownloadStart;
  readonly fetch: Fetch;
  readonly begun: number;
  /** Time of its first byte; undefined while the server has not begun with it. */
  due: number | undefined;
  first: number | undefined;
  left: number;
  /** Time at which it has its connection, and at which it was sent to the server. */
  connected: number | undefined;
  asked: number | undefined;
}

const STEP_MS = 0.5;

/** Brings so many files, as many at a time as these parts together say. */
export function simulate(way: SimulatedWay, count: number, seed = 1): SimulatedRun {
  const { latencyMs, rate, bytes, parallel = Infinity, most = 128, jitter = 0, connecting = 1 } = way;
  let now = 0;
  let state = seed;
  const chance = (): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
  const pace = new DownloadPace(() => now);
  const gain = way.judgesGain === true ? new GainLimit(most, () => now) : undefined;
  const limit = new OriginLimit(most, gain && 1, () => now, gain);
  const taken = (): number => withQueue(limit.requests);
  const window = new FetchWindow(
    (size) => pace.concurrencyFor(size, taken()),
    taken,
    () => now,
  );
  const running: Running[] = [];
  let begun = 0;
  let ended = 0;
  let highest = 0;
  let half = 0;
  let area = 0;
  let lastMost = 0;
  let rounds = Infinity;
  let came = { at: 0, bytes: 0 };
  while (ended < count) {
    while (begun < count && window.admits(bytes)) {
      const [fetch, start] = [window.begin(bytes, () => undefined), pace.begin()];
      running.push({
        start,
        fetch,
        begun: now,
        due: undefined,
        first: undefined,
        left: bytes,
        connected: undefined,
        asked: undefined,
      });
      begun++;
    }
    // The others wait here for their turn.
    const atServer = Math.min(running.length, limit.requests);
    highest = Math.max(highest, atServer);
    if (ended >= 0.75 * count) lastMost = Math.max(lastMost, atServer);
    for (const download of running.slice(0, limit.requests)) {
      download.connected ??= now + (download.start.connects && begun > 1 ? connecting * latencyMs : 0);
      if (download.connected <= now) download.asked ??= gain?.begin() ?? now;
    }
    for (const download of running.slice(0, Math.min(parallel, limit.requests))) {
      if (download.due !== undefined) continue;
      const trips = download.start.connects && begun > 1 ? 1 + connecting : 1;
      download.due = now + latencyMs * (trips + jitter * (2 * chance() - 1));
    }
    if (half > 0) area += STEP_MS * Math.min(running.length, limit.requests);
    now += STEP_MS;
    // What is done before the step ends leaves its share to the others.
    for (let left = rate * STEP_MS; left > 1e-6; ) {
      const sharing = running.filter(({ due, left: rest }) => due !== undefined && due <= now && rest > 0);
      if (sharing.length === 0) break;
      const each = left / sharing.length;
      for (const download of sharing) {
        const part = Math.min(each, download.left);
        download.first ??= now;
        download.left -= part;
        left -= part;
        came.bytes += part;
        download.fetch.receive(bytes - download.left);
      }
    }
    if (now - came.at >= latencyMs) {
      if (came.bytes >= 0.75 * rate * latencyMs) rounds = Math.min(rounds, Math.round(now / latencyMs));
      came = { at: now, bytes: 0 };
    }
    for (const download of running.filter(({ left }) => left <= 1e-6)) {
      limit.answered(Math.min(running.length, limit.requests));
      running.splice(running.indexOf(download), 1);
      gain?.end(bytes, download.asked ?? now);
      const idleMs = (download.first ?? now) - download.begun;
      download.fetch.end();
      pace.idled(idleMs, download.start);
      pace.end(bytes, download.start, { ms: now - download.begun, idleMs });
      if (++ended === Math.ceil(count / 2)) half = now;
    }
  }
  const share = ((count - Math.ceil(count / 2)) * bytes) / rate / (now - half);
  return { most: highest, mean: area / (now - half), lastMost, share, rounds, ms: now };
}
