import type { GraphOf } from '../../core/graph.ts';
import type { StepArray } from '../../decode/window-input.ts';
import type { SeriesPart, StepSource, TimeSeries } from './time-series.ts';

/** Step of a part, and what is wanted of it. */
export interface StepWish {
  readonly position: number;
  readonly source: StepSource;
  /** Arrays that have steps. @defaultValue all of the file that are wanted */
  readonly arrays: readonly StepArray[] | undefined;
}

/** Wish for one part of a sample. */
export interface PartWish {
  readonly part: SeriesPart;
  /** Place of the part in its series. */
  readonly at: number;
  readonly graphOf: GraphOf;
  /** True where all steps lie in one file. */
  readonly isOneFile: boolean;
  /** Names of the static arrays that are wanted. @defaultValue all but those of steps */
  readonly statics: readonly string[] | undefined;
  readonly steps: readonly StepWish[];
}

/**
 * Makes the wish for a sample of a series: for each part and step a file and arrays of it. A part that lacks all of the steps
 * is left out, and so is a step that it lacks.
 *
 * @param attributes - arrays that are wanted, by their names in samples; all when undefined
 */
export function wishOf(
  series: TimeSeries,
  positions: readonly number[],
  attributes: readonly string[] | undefined,
  graphOf: GraphOf,
): readonly PartWish[] {
  return series.parts.flatMap((part, at): PartWish[] => {
    const own = part.graphOf ?? graphOf;
    // Of a part that is the same at all steps any will do.
    const wanted = part.isStatic ? positions.slice(0, 1) : positions;
    const steps = wanted.flatMap((position): StepWish[] => {
      const source = series.sourceAt(at, position);
      if (source === undefined) return [];
      return [{ position, source, arrays: arraysOf(source, attributes, own) }];
    });
    const [first] = steps;
    if (first === undefined) return [];
    const isSame = steps.every(({ source }) => source.path === first.source.path);
    const hasSteps = first.arrays !== undefined || first.source.timeStep !== undefined;
    const isOneFile = part.isStatic || (hasSteps && isSame);
    const stepped = new Set(steps.flatMap(({ arrays = [] }) => arrays.map(([, name]) => name)));
    const statics = attributes?.filter((name) => !stepped.has(name));
    return [{ part, at, graphOf: own, isOneFile, statics, steps }];
  });
}

/** Lists the arrays of a step that are wanted; undefined where all of its file are. */
function arraysOf(
  { names }: StepSource,
  attributes: readonly string[] | undefined,
  graphOf: GraphOf,
): readonly StepArray[] | undefined {
  if (names === undefined) return undefined;
  const arrays: StepArray[] = [];
  for (const on of ['node', 'cell'] as const) {
    if (on === 'node' && graphOf === 'cells') continue;
    for (const [name, stored] of names[on])
      if (attributes?.includes(name) !== false) arrays.push([on, name, stored]);
  }
  return arrays;
}

/** Lists the stored names of arrays, each once. */
export function storedNames(arrays: readonly StepArray[]): readonly string[] {
  return [...new Set(arrays.map(([, , stored]) => stored))];
}
