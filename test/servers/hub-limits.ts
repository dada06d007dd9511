/** Requests of one kind that a client may make in a window. */
export interface Quota {
  readonly requests: number;
  readonly windowSeconds: number;
}

/** What the Hub counts: calls of its API, and downloads (resolvers). */
export type QuotaName = 'api' | 'resolvers';

/**
 * Fixed windows that count requests, with the headers of draft-ietf-httpapi-ratelimit-headers-09 that the Hub
 * sends on every answer.
 */
export class HubLimits {
  /** As the Hub grants anonymous users. Assign to change. */
  quotas: Record<QuotaName, Quota> = {
    api: { requests: 500, windowSeconds: 300 },
    resolvers: { requests: 3000, windowSeconds: 300 },
  };
  readonly #windows = new Map<QuotaName, { start: number; used: number }>();

  /** Counts one request; says whether it is within the quota, and the headers of the answer. */
  count(name: QuotaName): { readonly allowed: boolean; readonly headers: Record<string, string> } {
    const { requests, windowSeconds } = this.quotas[name];
    const now = Date.now();
    let window = this.#windows.get(name);
    if (window === undefined || now >= window.start + windowSeconds * 1000) {
      window = { start: now, used: 0 };
      this.#windows.set(name, window);
    }
    window.used++;
    const left = Math.max(0, requests - window.used);
    const seconds = Math.ceil((window.start + windowSeconds * 1000 - now) / 1000);
    return {
      allowed: window.used <= requests,
      headers: {
        RateLimit: `"${name}";r=${left};t=${seconds}`,
        'RateLimit-Policy': `"fixed window";"${name}";q=${requests};w=${windowSeconds}`,
      },
    };
  }
}
