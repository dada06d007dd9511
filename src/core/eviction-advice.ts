/** Order in which a known plan can do without what is cached. */
export interface EvictionAdvice<Item> {
  /** Yields the items that may go, those that are needed last first. */
  order(): Iterable<Item>;
  /** Counts the samples until an item is needed; undefined where this plan knows nothing of it. */
  distance(item: Item): number | undefined;
  /** Notes that an item is not, or no longer, there. */
  gone(item: Item): void;
  /** Notes that somebody waits for room while all that is there is in use, and lets go of what can wait. */
  waiting(): void;
}
