import { ConfigError } from '../core/errors.ts';
import { shorten } from '../core/show-value.ts';
import type { FieldStatistics, Statistics } from '../core/statistics.ts';
import type { MeasuredField, MeasuredSample } from './measure-sample.ts';
import { type Moments, mergeMoments } from './moments.ts';

/** Array of the samples so far. */
interface Field {
  readonly shape: readonly number[];
  /** Sample that had it first. */
  readonly firstId: string;
  rows: number;
  samples: number;
  moments: readonly Moments[];
}

/** Statistics of samples that are added one after the other: in the same order they are the same to the last bit. */
export class StatisticsSum {
  readonly #fields = new Map<string, Field>();
  #samples = 0;
  #nodes = 0;
  #cells = 0;

  /** @throws ConfigError for an array of another shape than in a sample before */
  add(id: string, { nodes, cells, fields }: MeasuredSample): void {
    this.#samples++;
    this.#nodes += nodes;
    this.#cells += cells;
    for (const field of fields) this.#addField(id, field);
  }

  /** Names of the arrays so far. */
  get names(): readonly string[] {
    return [...this.#fields.keys()];
  }

  /** Gives the statistics of what was added. */
  finish(): Statistics {
    const fields = [...this.#fields].map(([name, field]) => [name, this.#describe(field)] as const);
    return {
      samples: this.#samples,
      nodes: this.#nodes,
      cells: this.#cells,
      fields: Object.fromEntries(fields),
    };
  }

  #addField(id: string, { name, shape, rows, moments }: MeasuredField): void {
    const field = this.#fields.get(name);
    if (field === undefined) {
      this.#fields.set(name, { shape, firstId: id, rows, samples: 1, moments });
      return;
    }
    if (field.shape.join() !== shape.join()) throw otherShape(name, field, { id, shape });
    field.rows += rows;
    field.samples++;
    field.moments = field.moments.map((before, at) => mergeMoments(before, moments[at] as Moments));
  }

  #describe({ shape, rows, samples, moments }: Field): FieldStatistics {
    const finite = (of: (moments: Moments) => number): readonly (number | null)[] =>
      moments.map((each) => {
        const value = each.count === 0 ? Number.NaN : of(each);
        return Number.isFinite(value) ? value : null;
      });
    return {
      count: rows,
      missing: this.#samples - samples,
      nonFinite: moments.map(({ nonFinite }) => nonFinite),
      min: finite(({ min }) => min),
      max: finite(({ max }) => max),
      // A mean is never outside; that of equal values is their value.
      mean: finite(({ min, max, mean }) =>
        Number.isFinite(mean) ? Math.min(max, Math.max(min, mean)) : Number.NaN,
      ),
      std: finite(({ min, max, squares, count }) => (min === max ? 0 : Math.sqrt(squares / count))),
      shape,
    };
  }
}

function otherShape(
  name: string,
  first: Field,
  other: { readonly id: string; readonly shape: readonly number[] },
): ConfigError {
  const show = (shape: readonly number[]): string => `[${shape.join(', ')}]`;
  return new ConfigError(
    'attributes',
    `Rows of the array ${shorten(name)} have the shape ${show(first.shape)} in the sample ${shorten(first.firstId)} and ${show(other.shape)} in the sample ${shorten(other.id)}: name the arrays to measure in attributes without it, or measure such samples apart (subset).`,
  );
}
