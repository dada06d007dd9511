/** Which part of the Hub a request goes to. */
export type HubRoute = 'api' | 'resolve' | 'resolve-cache' | 'cdn';

/** What goes wrong with one answer. Byte counts are of the body that is sent, also of a range. */
export type FaultEffect =
  | {
      readonly kind: 'status';
      readonly status: number;
      readonly headers?: Readonly<Record<string, string>>;
      readonly body?: string;
    }
  /** A TCP reset instead of an answer. */
  | { readonly kind: 'reset' }
  /** No answer at all; the connection stays open. */
  | { readonly kind: 'silence' }
  /** The connection ends after so many bytes of the body. */
  | { readonly kind: 'cut'; readonly after: number }
  /** The connection stays open and sends nothing more after so many bytes. */
  | { readonly kind: 'stall'; readonly after: number }
  /** A well-formed answer with only the first bytes. */
  | { readonly kind: 'truncate'; readonly to: number }
  | { readonly kind: 'flip'; readonly at: number }
  /** A well-formed answer with more bytes than the file has. */
  | { readonly kind: 'extra'; readonly bytes: number }
  /** The login page of a proxy, with status 200. */
  | { readonly kind: 'html' }
  | { readonly kind: 'ignore-range' }
  /** A range other than the one asked for, and a Content-Range that says so. */
  | { readonly kind: 'wrong-range'; readonly shift: number };

/** A fault and which requests it strikes. */
export interface Fault {
  readonly at: HubRoute;
  /** How many requests to `at` pass before it strikes. @defaultValue 0 */
  readonly skip?: number | undefined;
  /** How many it strikes. @defaultValue 1 */
  readonly times?: number | undefined;
  readonly effect: FaultEffect;
}

/** Faults in the order in which they were set; the first that fits a request strikes it. */
export class FaultScript {
  readonly #faults: { at: HubRoute; skip: number; times: number; effect: FaultEffect }[] = [];

  add({ at, skip = 0, times = 1, effect }: Fault): void {
    this.#faults.push({ at, skip, times, effect });
  }

  /** Faults that have not struck as often as they should. */
  get pending(): number {
    return this.#faults.filter(({ times }) => times > 0).length;
  }

  take(route: HubRoute): FaultEffect | undefined {
    for (const fault of this.#faults) {
      if (fault.at !== route || fault.times === 0) continue;
      if (fault.skip > 0) {
        fault.skip--;
        continue;
      }
      fault.times--;
      return fault.effect;
    }
    return undefined;
  }
}
