import { isGhostArray } from '../core/ghosts.ts';
import type { Metadata } from '../data.ts';
import type { MeasuredHeader } from '../mesh.ts';
import type { SampleDescription, ViewBounds, ViewedArray, ViewedOn } from './view-protocol.ts';
import type { StepPlace, ViewedSampleFiles } from './viewed-sample.ts';

/** Levels of metadata that are written out, and the most texts of one sample. */
const MAX_DEPTH = 4;
const MAX_TEXTS = 500;
/** Longest text of metadata that is shown, characters. */
const MAX_TEXT_CHARACTERS = 2_000;

/** Choices that the command line makes for every command. */
export interface ViewHabits {
  /** Function that chooses the array that is drawn where none is named. */
  readonly chooseArray: (
    header: Pick<MeasuredHeader, 'pointArrays' | 'cellArrays' | 'markedArrays'>,
  ) => string | undefined;
  /** Function that finds the unit of an array in metadata. */
  readonly unitOf: (metadata: Metadata, array: string) => string | undefined;
}

/** Describes a sample by the header of its first step. */
export function describeSample(
  sample: ViewedSampleFiles,
  header: MeasuredHeader,
  bounds: ViewBounds | undefined,
  wished: string | undefined,
  { chooseArray, unitOf }: ViewHabits,
): SampleDescription {
  const { id, metadata, steps } = sample;
  const place = sample.placeAt(0);
  const arrays = arraysOf(header, sample, place).map(
    (array): ViewedArray => ({ ...array, unit: unitOf(metadata, array.name) }),
  );
  const namesOf = (on: ViewedOn): string[] =>
    arrays.filter((array) => array.on === on).map(({ name }) => name);
  const { markedArrays } = header;
  const isThere = wished !== undefined && arrays.some(({ name }) => name === wished);
  const first = isThere
    ? wished
    : chooseArray({ pointArrays: namesOf('node'), cellArrays: namesOf('cell'), markedArrays });
  return {
    id,
    files: place.files.map(({ path, size }) => ({ path, bytes: size })),
    metadata: [...textsOf(metadata, '', 0)].slice(0, MAX_TEXTS),
    points: header.points,
    cells: header.cells,
    arrays,
    first: arrays.some(({ name }) => name === first) ? first : undefined,
    steps,
    bounds,
  };
}

/** Lists the arrays of a step by the names that people know: those of the step, and those that have none. */
export function arraysOf(
  header: MeasuredHeader,
  { steps }: Pick<ViewedSampleFiles, 'steps'>,
  { names, stepped }: StepPlace,
): Omit<ViewedArray, 'unit'>[] {
  const logical = new Map<string, string>();
  for (const on of ['node', 'cell'] as const)
    for (const [name, stored] of names?.[on] ?? []) logical.set(`${on} ${stored}`, name);
  const isOfAll = steps.length > 0 && names === undefined;
  return header.arrays.flatMap((array): Omit<ViewedArray, 'unit'>[] => {
    const { on, type, components } = array;
    if (on === 'field' || type === 'String' || components < 1) return [];
    const key = `${on} ${array.name}`;
    const own = logical.get(key);
    const isOfOther = own === undefined && stepped?.[on].has(array.name) === true;
    if (isGhostArray(array.name) || isOfOther) return [];
    const name = own ?? array.name;
    const range = array.range?.every(Number.isFinite) === true ? array.range : undefined;
    const componentNames: readonly string[] = [];
    const hasSteps = isOfAll || own !== undefined;
    return [{ name, on, type, components, componentNames, range, hasSteps }];
  });
}

/** Writes metadata out as texts. */
function* textsOf(
  value: unknown,
  name: string,
  depth: number,
): Generator<readonly [key: string, text: string], void, void> {
  const isNested = typeof value === 'object' && value !== null && !Array.isArray(value);
  if (!isNested || depth === MAX_DEPTH) {
    const text =
      typeof value === 'string' ? value : typeof value === 'object' ? JSON.stringify(value) : String(value);
    if (name !== '') yield [name, text.slice(0, MAX_TEXT_CHARACTERS)];
    return;
  }
  for (const [key, each] of Object.entries(value))
    yield* textsOf(each, name === '' ? key : `${name}.${key}`, depth + 1);
}
