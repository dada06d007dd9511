import { isGhostArray } from '../core/ghosts.ts';
import type { Metadata } from '../data.ts';
import type { MeasuredHeader } from '../mesh.ts';
import type { SampleDescription, ViewBounds, ViewedArray, ViewedOn } from './view-protocol.ts';
import type { SampleSteps, ViewedSampleFiles } from './viewed-sample.ts';

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
  { id, metadata, steps }: ViewedSampleFiles,
  header: MeasuredHeader,
  bounds: ViewBounds | undefined,
  wished: string | undefined,
  { chooseArray, unitOf }: ViewHabits,
): SampleDescription {
  const arrays = arraysOf(header, steps).map(
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
    files: filesOf(steps),
    metadata: [...textsOf(metadata, '', 0)].slice(0, MAX_TEXTS),
    points: header.points,
    cells: header.cells,
    arrays,
    first: arrays.some(({ name }) => name === first) ? first : undefined,
    steps: steps.list,
    bounds,
  };
}

/** Lists the arrays of a sample by the names that people know: those of one step, and those that have none. */
export function arraysOf(header: MeasuredHeader, steps: SampleSteps): Omit<ViewedArray, 'unit'>[] {
  const hidden = new Set<string>();
  const logical = new Map<string, string>();
  for (const step of steps.list.keys()) {
    const names = steps.namesAt(step);
    for (const on of ['node', 'cell'] as const) {
      for (const [name, stored] of names?.[on] ?? []) {
        if (step === 0) logical.set(`${on} ${stored}`, name);
        else hidden.add(`${on} ${stored}`);
      }
    }
  }
  const isOfAll = steps.list.length > 0 && steps.namesAt(0) === undefined;
  return header.arrays.flatMap((array): Omit<ViewedArray, 'unit'>[] => {
    const { on, type, components } = array;
    if (on === 'field' || type === 'String' || components < 1) return [];
    const key = `${on} ${array.name}`;
    const own = logical.get(key);
    if (isGhostArray(array.name) || (own === undefined && hidden.has(key))) return [];
    const name = own ?? array.name;
    const range = array.range?.every(Number.isFinite) === true ? array.range : undefined;
    const componentNames: readonly string[] = [];
    const hasSteps = isOfAll || own !== undefined;
    return [{ name, on, type, components, componentNames, range, hasSteps }];
  });
}

/** Lists the files of a sample, of many steps those of the first. */
function filesOf(steps: SampleSteps): SampleDescription['files'] {
  return steps.filesAt(0).map(({ path, size }) => ({ path, bytes: size }));
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
