import type { GraphData } from '../src/core/graph.ts';

/*
 * Takes as long as its own URL says, `?ms=30`, in the place of a slow decoder or of work on each sample: without the
 * processor, so that two cores do for a loader, its threads, and a server.
 */
const ms = Number(new URL(import.meta.url).searchParams.get('ms'));

export async function transform(data: GraphData): Promise<GraphData> {
  if (ms > 0) await new Promise((resolve) => setTimeout(resolve, ms));
  return data;
}
