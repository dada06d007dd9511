/** Statistics of an array over all samples that have it, one number a component. Plain JSON. */
export interface FieldStatistics {
  /** Rows: nodes or cells of all samples that have the array. */
  readonly count: number;
  /** Samples that do not have it. */
  readonly missing: number;
  /** Values that are NaN or infinite: they are left out of the others. */
  readonly nonFinite: readonly number[];
  /** Least value; null where none is finite. */
  readonly min: readonly (number | null)[];
  readonly max: readonly (number | null)[];
  /** Mean; null also where the sum of the values is larger than a double. */
  readonly mean: readonly (number | null)[];
  /** Standard deviation of all values (of the population, divided by their number); null also where its square is larger. */
  readonly std: readonly (number | null)[];
  /** Shape of one row: `[]` for a number, `[3]` for three. */
  readonly shape: readonly number[];
}

/** Statistics of the samples of a dataset. Plain JSON. */
export interface Statistics {
  /** Samples that were measured. */
  readonly samples: number;
  /** Nodes and cells of all of them. */
  readonly nodes: number;
  readonly cells: number;
  /** Statistics of each array, by `node.NAME`, `cell.NAME`, those of a part by `parts.PART.node.NAME`. */
  readonly fields: Readonly<Record<string, FieldStatistics>>;
}

/** Numbers by which an array was standardized, one a component: `value = stored * std + mean` undoes it. */
export interface FieldScale {
  readonly mean: readonly number[];
  /** Standard deviation; 0 where all values were equal, which are then 0. */
  readonly std: readonly number[];
}

/** Standardization of a sample, by the names of the arrays: `node.pressure`. */
export type Standardization = Readonly<Record<string, FieldScale>>;
