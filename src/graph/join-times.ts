import { ConfigError } from '../core/errors.ts';
import type { GraphData } from '../core/graph.ts';
import type { Tensor } from '../core/mesh.ts';
import { shorten } from '../core/show-value.ts';

/** Times of graphs that were joined. */
interface JoinedTimes {
  /** Times, `[B, T]`; undefined where no graph has any, or not all have as many. */
  readonly joined: Tensor<Float64Array<ArrayBuffer>> | undefined;
  readonly leftOut: readonly string[];
  readonly filled: readonly string[];
}

/**
 * Joins the times of the steps of graphs.
 *
 * @throws ConfigError where not all of them have as many steps
 */
export function joinTimes(
  graphs: readonly GraphData[],
  { arrays = 'same' }: { readonly arrays?: 'same' | 'common' | 'fill' | undefined },
): JoinedTimes {
  const first = graphs.find(({ times }) => times !== undefined);
  if (first?.times === undefined) return { joined: undefined, leftOut: [], filled: [] };
  const steps = first.times.data.length;
  const other = graphs.find(({ times }) => times?.data.length !== steps);
  if (other !== undefined && arrays === 'common')
    return { joined: undefined, leftOut: ['times'], filled: [] };
  if (other !== undefined && (arrays === 'same' || other.times !== undefined)) {
    const count = other.times === undefined ? 'none' : `${other.times.data.length}`;
    throw new ConfigError(
      'graphs',
      `The sample ${shorten(first.id)} has the times of ${steps} steps, the sample ${shorten(other.id)} of the same batch ${count}. ` +
        "Batches are of samples of as many steps; arrays: 'common' leaves the times out.",
    );
  }
  const data = new Float64Array(graphs.length * steps).fill(Number.NaN);
  for (const [index, { times }] of graphs.entries()) if (times) data.set(times.data, index * steps);
  const joined = { data, shape: [graphs.length, steps] };
  return { joined, leftOut: [], filled: other === undefined ? [] : ['times'] };
}
