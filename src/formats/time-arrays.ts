/** Names of the arrays of a mesh, by what they are of. */
export interface ArrayNames {
  readonly node: readonly string[];
  readonly cell: readonly string[];
}

/** Kind of things that an array has values of. */
export type StepKind = keyof ArrayNames;

/** Name of an array that ends in the number of a step: `pressure_00100`, `pressure_0.0101`, `u_t0.000`, `u_step07`. */
interface StepName {
  /** Logical name: what stands before the suffix. */
  readonly name: string;
  /** Suffix, with the letters before its number. */
  readonly suffix: string;
  readonly step: number;
  /** True where the number is a time: it has a point or an exponent, or `t` before it. */
  readonly isTime: boolean;
}

/** Field whose arrays are one for each step. */
export interface SteppedField {
  readonly on: StepKind;
  readonly name: string;
  /** Stored names by step. */
  readonly stored: ReadonlyMap<number, string>;
}

/** Names of arrays that do not fit together. */
export type NameFault =
  /** Field that lacks steps which others have. */
  | {
      readonly kind: 'missing';
      readonly on: StepKind;
      readonly name: string;
      readonly steps: readonly number[];
    }
  /** Field that has two arrays for one step, `_0.1` and `_0.10`. */
  | {
      readonly kind: 'twice';
      readonly on: StepKind;
      readonly name: string;
      readonly stored: readonly [string, string];
      readonly step: number;
    }
  /** Array that is called as a field which has steps. */
  | { readonly kind: 'beside'; readonly on: StepKind; readonly name: string; readonly stored: string };

/** Steps of a file whose arrays are one for each of them. */
export interface TimeArrays {
  /** Steps, ascending: those that any of the fields has. */
  readonly steps: readonly number[];
  /** True where the suffixes are times. */
  readonly areTimes: boolean;
  readonly fields: readonly SteppedField[];
  readonly faults: readonly NameFault[];
}

/** Options of {@link findTimeArrays}. */
export interface TimeArrayOptions {
  /** Logical names of the fields that have steps, where somebody has said it. @defaultValue as the suffixes tell */
  readonly names?: readonly string[] | undefined;
  /** Steps of another file of the same series: fields are those that have some of them. @defaultValue none are known */
  readonly steps?: readonly number[] | undefined;
  /** True where suffixes are steps whatever they look like. @defaultValue false */
  readonly isAsked?: boolean | undefined;
  /** True where other files are called as this one but for a number, which may be a step as well. @defaultValue false */
  readonly hasCompanions?: boolean | undefined;
}

const STEP_NAME = /^(.+)_((t|ts|time|step)?([+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?))$/isu;

/** Longer names are no names of steps. */
const MAX_NAME_LENGTH = 1000;

/** Takes the step out of the name of an array; undefined where it has none. */
function parseStepName(stored: string): StepName | undefined {
  if (stored.length > MAX_NAME_LENGTH) return undefined;
  const [, name, suffix = '', marker = '', number = ''] = STEP_NAME.exec(stored) ?? [];
  const step = Number(number);
  if (name === undefined || !Number.isFinite(step)) return undefined;
  const isTime = /[.e]/i.test(number) || /^t(ime)?$/i.test(marker);
  // Zero has no sign.
  return { name, suffix, step: step + 0, isTime };
}

/** Arrays of one logical name. */
interface NamedArrays {
  readonly on: StepKind;
  readonly name: string;
  readonly stored: Map<number, StoredName>;
  readonly twice: NameFault[];
}

/** Array of a step as it is stored. */
interface StoredName extends StepName {
  readonly full: string;
}

/** Names that have the same steps. */
interface Family {
  readonly members: NamedArrays[];
  readonly steps: ReadonlySet<number>;
  readonly isPlausible: boolean;
}

/**
 * Finds which arrays of a file are one field at several steps: the steps are those of the largest family of names that has
 * the same ones. A name with some of them lacks the others; one with none is of every step.
 *
 * @returns undefined where no name ends in a step
 */
export function findTimeArrays(arrays: ArrayNames, options: TimeArrayOptions = {}): TimeArrays | undefined {
  const all = groupByName(arrays);
  const { names, steps: known } = options;
  let fields: readonly NamedArrays[];
  if (known !== undefined) fields = all.filter(({ stored }) => known.some((step) => stored.has(step)));
  else if (names !== undefined) fields = all.filter(({ name }) => names.includes(name));
  else {
    const families = groupBySteps(all, options).filter(({ isPlausible }) => isPlausible);
    const [first, ...others] = families;
    if (first === undefined) return undefined;
    const largest = others.reduce((most, each) => (isLarger(each, most) ? each : most), first);
    fields = all.filter(({ stored }) => [...stored.keys()].some((step) => largest.steps.has(step)));
  }
  if (fields.length === 0) return undefined;
  const steps =
    known ?? [...new Set(fields.flatMap(({ stored }) => [...stored.keys()]))].sort((a, b) => a - b);
  return {
    steps,
    areTimes: fields.some(({ stored }) => [...stored.values()].some(({ isTime }) => isTime)),
    fields: fields.map(({ on, name, stored }) => {
      return { on, name, stored: new Map([...stored].map(([step, { full }]) => [step, full])) };
    }),
    faults: fields.flatMap((field) => faultsOf(field, steps, arrays)),
  };
}

function groupByName(arrays: ArrayNames): NamedArrays[] {
  const found = new Map<string, NamedArrays>();
  for (const on of ['node', 'cell'] as const) {
    for (const full of arrays[on]) {
      const parsed = parseStepName(full);
      if (parsed === undefined) continue;
      const { name, step } = parsed;
      const key = `${on} ${name}`;
      const known = found.get(key) ?? { on, name, stored: new Map<number, StoredName>(), twice: [] };
      found.set(key, known);
      const other = known.stored.get(step);
      if (other === undefined) known.stored.set(step, { ...parsed, full });
      else known.twice.push({ kind: 'twice', on, name, stored: [other.full, full], step });
    }
  }
  return [...found.values()];
}

function groupBySteps(all: readonly NamedArrays[], options: TimeArrayOptions): Family[] {
  const found = new Map<string, NamedArrays[]>();
  for (const named of all) {
    const key = [...named.stored.keys()].sort((a, b) => a - b).join(' ');
    const members = found.get(key);
    if (members === undefined) found.set(key, [named]);
    else members.push(named);
  }
  return [...found.values()].map((members) => {
    const stored = [...(members[0] as NamedArrays).stored.values()];
    const isPlausible = options.isAsked === true || mayBeSteps(members, stored, options);
    return { members, steps: new Set(stored.map(({ step }) => step)), isPlausible };
  });
}

/** Says of suffixes that nobody has called steps whether they may be some. */
function mayBeSteps(
  members: readonly NamedArrays[],
  stored: readonly StoredName[],
  { hasCompanions = false }: TimeArrayOptions,
): boolean {
  const texts = stored.map(({ suffix }) => suffix);
  // Components of a tensor: strain_11, strain_12, …
  if (texts.length > 1 && texts.every((text) => /^[1-3][1-3]$/.test(text))) return false;
  if (!hasCompanions) {
    if (texts.length > 1 || members.length > 1) return true;
    // One array with a number, such as region_1, is no step unless its number is written as one.
    return stored.every(({ isTime, suffix, step }) => isTime || (step > 0 && /^0|^step/i.test(suffix)));
  }
  // The steps may be the files: then numbers of arrays are their parts or components, such as velocity_0, _1, _2.
  if (texts.length < 2) return false;
  return members.length > 1 || texts.length > 3 || texts.some((text) => text.length > 1);
}

function isLarger(a: Family, b: Family): boolean {
  const [own, other] = [a.members.length * a.steps.size, b.members.length * b.steps.size];
  return own > other || (own === other && a.steps.size > b.steps.size);
}

function faultsOf(
  { on, name, stored, twice }: NamedArrays,
  steps: readonly number[],
  arrays: ArrayNames,
): NameFault[] {
  const missing = steps.filter((step) => !stored.has(step));
  const [first] = stored.values();
  const isBeside = arrays[on].includes(name);
  return [
    ...twice,
    ...(isBeside ? [{ kind: 'beside', on, name, stored: first?.full ?? name } as const] : []),
    ...(missing.length > 0 ? [{ kind: 'missing', on, name, steps: missing } as const] : []),
  ];
}
