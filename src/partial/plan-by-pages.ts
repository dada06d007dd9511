import type { ReadPlan, ReadPlanner, WholeReason } from '../core/read-plan.ts';
import { HEAD_BYTES } from './cost.ts';
import { HeadTooShort, nextHeadEnd, PagedAccess, type PageSource, TooManyPages } from './pages.ts';

/**
 * Plans a read of a file by its head, of which more is brought as long as the plan asks for it, and by pages behind it.
 *
 * @param size - of the whole file, bytes
 * @returns the plan, or why all of the file should be fetched
 */
export async function planByPages(
  size: number,
  planner: ReadPlanner,
  source: PageSource,
  signal: AbortSignal,
): Promise<ReadPlan | WholeReason> {
  const pages = new PagedAccess(size, source);
  for (let end: number | undefined = HEAD_BYTES; end !== undefined; ) {
    const path = await source.bring({ start: pages.headEnd, end: Math.min(end, size) });
    await pages.addToHead(path, signal);
    try {
      return await planner(pages, signal);
    } catch (error) {
      if (error instanceof TooManyPages) return error.reason;
      if (!(error instanceof HeadTooShort)) throw error;
      end = nextHeadEnd(error.needed, size);
    }
  }
  return 'unplannable';
}

/** Takes the stretches of a plan behind the head that is fetched anyway. */
export function clip({ stretches }: ReadPlan, headEnd: number): ReadPlan['stretches'] {
  return stretches
    .filter(({ end }) => end > headEnd)
    .map((each) => (each.start >= headEnd ? each : { ...each, start: headEnd }));
}
