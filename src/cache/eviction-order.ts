import type { EvictionAdvice } from '../core/eviction-advice.ts';

/** An adviser's order, and how far it has been followed. */
interface Line<Item> {
  readonly advice: EvictionAdvice<Item>;
  readonly items: Iterator<Item>;
  next?: { readonly item: Item; readonly distance: number } | undefined;
}

/**
 * Yields the items of all orders, the one that is needed last of all first: an item goes by the plan that
 * needs it soonest. Undefined stands for one that another plan needs earlier than the plan that named it, so
 * that whoever looks can count its steps.
 */
export function* farthestFirst<Item>(
  advisers: Iterable<EvictionAdvice<Item>>,
): Generator<Item | undefined, void, void> {
  const all = [...advisers];
  const [only] = all;
  if (only === undefined) return;
  if (all.length === 1) {
    yield* only.order();
    return;
  }
  const lines = all.map((advice): Line<Item> => ({ advice, items: advice.order()[Symbol.iterator]() }));
  for (;;) {
    for (const line of lines) {
      while (line.next === undefined) {
        const { value: item, done } = line.items.next();
        if (done === true) break;
        const distance = line.advice.distance(item) ?? Number.POSITIVE_INFINITY;
        if (soonest(all, item) < distance) yield undefined;
        else line.next = { item, distance };
      }
    }
    const farthest = lines.reduce((most, line) => (distanceOf(line) > distanceOf(most) ? line : most));
    if (farthest.next === undefined) return;
    yield farthest.next.item;
    farthest.next = undefined;
  }
}

function distanceOf<Item>({ next }: Line<Item>): number {
  return next?.distance ?? -1;
}

function soonest<Item>(advisers: readonly EvictionAdvice<Item>[], item: Item): number {
  return advisers.reduce(
    (least, advice) => Math.min(least, advice.distance(item) ?? Number.POSITIVE_INFINITY),
    Number.POSITIVE_INFINITY,
  );
}
