import { hash } from 'node:crypto';
import { ConfigError } from '../core/errors.ts';
import { showValue } from '../core/show-value.ts';

/** Samples that land in one split together. */
export interface SplitGroup {
  /** Least id of its samples. */
  readonly id: string;
  /** Number of its samples. */
  readonly size: number;
  /** Name of what is to be spread evenly. @defaultValue all groups have the same */
  readonly stratum?: string | undefined;
}

/** Difference below which two shares of samples are the same: what sums of decimal fractions lose. */
const SAME_SHARE = 1e-9;

/** Groups that are hashed between two yields. */
const GROUPS_PER_STEP = 2 ** 10;

/**
 * Splits groups: the number of the split of each, −1 where fractions leave it out. It follows from ids, sizes and seed
 * alone, whatever the order of the groups. In steps of a few milliseconds, but for sorting them.
 *
 * Of groups of one size each split has its share, rounded by the largest remainder. Of others the largest comes first,
 * into one of the splits that have room for it (by the seed, the more room the likelier), else into the one that lacks
 * most: so no split misses its share by more than the largest group. Then none is left empty.
 *
 * @throws ConfigError for fractions that are none, and for fewer groups than splits
 */
export function* splitSteps(
  groups: readonly SplitGroup[],
  fractions: readonly number[],
  seed: number,
): Generator<void, Int32Array> {
  checkFractions(fractions);
  if (groups.length < fractions.length) {
    throw new ConfigError(
      'split',
      `${groups.length} ${groups.length === 1 ? 'group' : 'groups'} cannot make ${fractions.length} splits: samples with one value of by stay together. Split by something finer, or into fewer.`,
    );
  }
  const sum = fractions.reduce((total, fraction) => total + fraction, 0);
  const isAll = sum > 1 - SAME_SHARE;
  // What is left out is a split like the others, but for that it may be empty.
  const shares = isAll ? fractions.map((fraction) => fraction / sum) : [...fractions, 1 - sum];
  const places = new Float64Array(groups.length);
  const sizes = new Float64Array(groups.length);
  for (const [index, { id, size }] of groups.entries()) {
    places[index] = placeOf(id, seed);
    sizes[index] = size;
    if (index % GROUPS_PER_STEP === 0) yield;
  }
  const idAt = (index: number): string => (groups[index] as SplitGroup).id;
  const order = Uint32Array.from(groups.keys()).sort(
    (a, b) =>
      (sizes[b] as number) - (sizes[a] as number) ||
      (places[a] as number) - (places[b] as number) ||
      (idAt(a) < idAt(b) ? -1 : 1),
  );
  yield;
  const sorted = Array.from(order, (index) => groups[index] as SplitGroup);
  const isEqual = sorted[0]?.size === sorted.at(-1)?.size;
  const chosen = isEqual
    ? splitEqual(sorted, shares, fractions.length)
    : splitUnequal(sorted, shares, fractions.length, (at) => places[order[at] as number] as number);
  const result = new Int32Array(groups.length);
  for (const [at, index] of order.entries()) {
    const split = chosen[at] as number;
    result[index] = split < fractions.length ? split : -1;
  }
  return result;
}

function checkFractions(fractions: readonly number[]): void {
  if (fractions.length === 0)
    throw new ConfigError('split', 'split needs names with fractions: { train: 0.8, test: 0.2 }.');
  for (const fraction of fractions) {
    if (typeof fraction === 'number' && fraction > 0 && fraction <= 1) continue;
    throw new ConfigError(
      'split',
      `A split must be a fraction above 0, at most 1, not ${showValue(fraction)}.`,
    );
  }
  const sum = fractions.reduce((total, fraction) => total + fraction, 0);
  if (sum <= 1 + SAME_SHARE) return;
  throw new ConfigError(
    'split',
    `The fractions of the splits are ${Number(sum.toPrecision(6))} together: 1 is all samples.`,
  );
}

/** Computes where a group stands, in 0 … 1: SHA-256 of seed and id. */
function placeOf(id: string, seed: number): number {
  const digest = hash('sha256', `${seed}\n${id}`, 'binary');
  let high = 0;
  for (let at = 0; at < 4; at++) high = high * 256 + digest.charCodeAt(at);
  let low = 0;
  for (let at = 4; at < 8; at++) low = low * 256 + digest.charCodeAt(at);
  return (high * 2 ** 21 + Math.floor(low / 2 ** 11)) / 2 ** 53;
}

/** Takes a whole number for what it would be without rounding. */
function snap(value: number): number {
  const whole = Math.round(value);
  return Math.abs(value - whole) < SAME_SHARE * Math.max(1, whole) ? whole : value;
}

/** Deals a number out by shares: the largest remainders are rounded up, of equal ones the first. */
function dealOut(count: number, shares: readonly number[]): number[] {
  const exact = shares.map((share) => snap(share * count));
  const counts = exact.map(Math.floor);
  const left = count - counts.reduce((sum, each) => sum + each, 0);
  const remainders = exact.map((value, at) => Math.round((value - (counts[at] as number)) / SAME_SHARE));
  const byRemainder = [...shares.keys()].sort(
    (a, b) => (remainders[b] as number) - (remainders[a] as number),
  );
  for (const at of byRemainder.slice(0, left)) (counts[at] as number)++;
  return counts;
}

/** Splits groups of one size, each stratum as all of them. */
function splitEqual(groups: readonly SplitGroup[], shares: readonly number[], named: number): Int32Array {
  const totals = dealOut(groups.length, shares);
  for (let split = totals.indexOf(0); split >= 0 && split < named; split = totals.indexOf(0)) {
    (totals[totals.indexOf(Math.max(...totals))] as number)--;
    (totals[split] as number)++;
  }
  const byStratum = new Map<string, number[]>();
  for (const [at, { stratum = '' }] of groups.entries()) {
    const members = byStratum.get(stratum);
    if (members === undefined) byStratum.set(stratum, [at]);
    else members.push(at);
  }
  const strata = [...byStratum].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, members]) => members);
  const counts = dealStrata(
    strata.map(({ length }) => length),
    shares,
    totals,
  );
  const chosen = new Int32Array(groups.length);
  for (const [stratum, members] of strata.entries()) {
    let next = 0;
    for (const [split, count] of (counts[stratum] as readonly number[]).entries()) {
      for (const at of members.slice(next, next + count)) chosen[at] = split;
      next += count;
    }
  }
  return chosen;
}

/**
 * Rounds a table of strata and splits whose sums in both directions are given: each cell is rounded up or down, those of
 * the splits up that still lack most (Gale and Ryser's rule).
 */
function dealStrata(
  sizes: readonly number[],
  shares: readonly number[],
  totals: readonly number[],
): readonly number[][] {
  const exact = sizes.map((size) => shares.map((share) => snap(share * size)));
  const table = exact.map((row) => row.map(Math.floor));
  const lacks = totals.map((total, split) =>
    table.reduce((left, row) => left - (row[split] as number), total),
  );
  for (const [stratum, row] of table.entries()) {
    const left = (sizes[stratum] as number) - row.reduce((sum, each) => sum + each, 0);
    const remainder = (split: number): number => (exact[stratum]?.[split] as number) - (row[split] as number);
    const order = [...shares.keys()].sort(
      (a, b) => (lacks[b] as number) - (lacks[a] as number) || remainder(b) - remainder(a),
    );
    for (const split of order.slice(0, left)) {
      (row[split] as number)++;
      (lacks[split] as number)--;
    }
  }
  // What rounding has left wrong is moved where it shows least.
  for (let to = lacks.findIndex((lack) => lack > 0); to >= 0; to = lacks.findIndex((lack) => lack > 0)) {
    const from = lacks.findIndex((lack) => lack < 0);
    const gain = (row: readonly number[], stratum: number): number =>
      (row[from] as number) -
      (exact[stratum]?.[from] as number) -
      (row[to] as number) +
      (exact[stratum]?.[to] as number);
    const gains = table.map((row, stratum) => ((row[from] as number) > 0 ? gain(row, stratum) : -Infinity));
    const row = table[gains.indexOf(Math.max(...gains))] as number[];
    (row[from] as number)--;
    (row[to] as number)++;
    (lacks[from] as number)++;
    (lacks[to] as number)--;
  }
  return table;
}

/** Splits groups of several sizes, the largest first. */
function splitUnequal(
  groups: readonly SplitGroup[],
  shares: readonly number[],
  named: number,
  placeAt: (at: number) => number,
): Int32Array {
  const total = groups.reduce((sum, { size }) => sum + size, 0);
  const lacks = shares.map((share) => share * total);
  const ofStrata = new Map<string, number[]>();
  for (const { size, stratum = '' } of groups) {
    const own = ofStrata.get(stratum) ?? shares.map(() => 0);
    ofStrata.set(
      stratum,
      own.map((lack, split) => lack + (shares[split] as number) * size),
    );
  }
  const isStratified = ofStrata.size > 1;
  const chosen = groups.map(({ size, stratum = '' }, at) => {
    const own = ofStrata.get(stratum) as number[];
    const fitting = [...shares.keys()].filter((split) => snap(lacks[split] as number) >= size);
    let split = largest([...shares.keys()], lacks);
    if (fitting.length > 0) split = isStratified ? largest(fitting, own) : drawn(fitting, lacks, placeAt(at));
    (lacks[split] as number) -= size;
    (own[split] as number) -= size;
    return split;
  });
  fillEmpty(groups, chosen, lacks, named);
  return Int32Array.from(chosen);
}

/** Finds the split whose value is the largest; of equal ones the first. */
function largest(splits: readonly number[], values: readonly number[]): number {
  return splits.reduce((best, split) =>
    (values[split] as number) > (values[best] as number) ? split : best,
  );
}

/** Draws a split, each as likely as its value is large. @param place - in 0 … 1 */
function drawn(splits: readonly number[], values: readonly number[], place: number): number {
  const sum = splits.reduce((total, split) => total + (values[split] as number), 0);
  let left = place * sum;
  for (const split of splits) {
    left -= values[split] as number;
    if (left < 0) return split;
  }
  return splits.at(-1) as number;
}

/** Gives each empty split the smallest group of the split that has most too much of those that have several. */
function fillEmpty(groups: readonly SplitGroup[], chosen: number[], lacks: number[], named: number): void {
  const counts = lacks.map(() => 0);
  for (const split of chosen) (counts[split] as number)++;
  for (let empty = counts.indexOf(0); empty >= 0 && empty < named; empty = counts.indexOf(0)) {
    const donors = [...counts.keys()].filter((split) => (counts[split] as number) > (split < named ? 1 : 0));
    const donor = donors.reduce((best, split) =>
      (lacks[split] as number) < (lacks[best] as number) ? split : best,
    );
    const at = chosen.lastIndexOf(donor);
    const { size } = groups[at] as SplitGroup;
    chosen[at] = empty;
    (counts[donor] as number)--;
    (counts[empty] as number)++;
    (lacks[donor] as number) += size;
    (lacks[empty] as number) -= size;
  }
}
