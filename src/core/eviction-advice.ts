/** Order in which a known plan can do without what is cached. */
export interface EvictionAdvice<Item> {
  /** Items that may go, those that are needed last first. */
  order(): Iterable<Item>;
  /** Samples until an item is needed; undefined where this plan knows nothing of it. */
  distance(item: Item): number | undefined;
  /** Is told of an item that is not, or no longer, there. */
  gone(item: Item): void;
  /** Is told that somebody waits for room while all that is there is in use: lets go of what can wait. */
  waiting(): void;
}
