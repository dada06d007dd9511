import type { TimeSlice } from '../../core/time-slice.ts';
import type { SampleGroups } from '../sample-groups.ts';
import type { SampleTable } from '../sample-table.ts';
import { FileSeries, type FoundSeries, ONLY_PART } from './found-series.ts';
import { groupByNumber, seriesIdOf } from './numbered-files.ts';
import { twiceFault } from './series-faults.ts';
import type { TimeRules } from './time-options.ts';
import type { SeriesPart } from './time-series.ts';

/** Captures that say which step a file is. */
const [STEP, TIME] = ['step', 'time'] as const;

/** Units that are looked at between two looks at the time. */
const UNITS_PER_STEP = 64;

/** Units of one series. */
interface OpenSeries {
  readonly units: number[];
  readonly steps: number[];
  readonly times: number[];
}

/**
 * Makes series of the samples of a template that captures `{step:number}` or `{time:number}`: those whose other captures agree.
 *
 * @returns undefined where it captures neither
 */
export async function templateSeries(
  units: SampleTable,
  groups: SampleGroups,
  { missing }: TimeRules,
  slice: TimeSlice,
): Promise<readonly FoundSeries[] | undefined> {
  const { first, others, hasParts } = groups.templates;
  const { names } = first.template;
  const sample = units.length === 0 ? {} : (groups.capturesAt(0) ?? {});
  const isNumber = (name: string): boolean => typeof sample[name] === 'number';
  const [hasStep, hasTime] = [isNumber(STEP), isNumber(TIME)];
  if (!hasStep && !hasTime) return undefined;
  const kept = names.filter((name) => !(hasStep && name === STEP) && !(hasTime && name === TIME));
  const found = new Map<string, OpenSeries>();
  // As the suffixes of arrays are: with a point or an exponent.
  let areTimes = false;
  for (let unit = 0; unit < units.length; unit++) {
    const captures = groups.capturesAt(unit);
    const texts = groups.idAt(unit).split('/');
    const key = kept.map((name) => texts[names.indexOf(name)]).join('/');
    const series = found.get(key) ?? { units: [], steps: [], times: [] };
    found.set(key, series);
    series.units.push(unit);
    series.steps.push(captures[hasStep ? STEP : TIME] as number);
    areTimes ||= !hasTime && /[.eE]/.test(texts[names.indexOf(STEP)] ?? '');
    if (hasTime) series.times.push(captures[TIME] as number);
    if (unit % UNITS_PER_STEP === 0) await slice.pause();
  }
  const hasOwnStep = (partNames: readonly string[]): boolean =>
    (hasStep && partNames.includes(STEP)) || (hasTime && partNames.includes(TIME));
  const parts: readonly SeriesPart[] = hasParts
    ? [first, ...others].map(({ name, graphOf, template }) => {
        return { name, isStatic: !hasOwnStep(template.names), ...(graphOf && { graphOf }) };
      })
    : ONLY_PART;
  const result: FoundSeries[] = [];
  for (const [key, open] of found) {
    const series = sorted(open);
    const paths = series.units.map((unit) => units.pathAt(unit));
    // Without other captures the path itself names it.
    const id = key === '' ? await idOfPaths(paths, slice) : key;
    const twice = series.steps.findIndex((step, at) => at > 0 && step === series.steps[at - 1]);
    const lacking = new Set<number>();
    for (const [at, unit] of series.units.entries()) {
      const lacks = [...groups.faultsOf(unit)].some(({ rows }) => rows.length === 0);
      if (lacks) lacking.add(at);
    }
    const facts = {
      id,
      path: paths[0] as string,
      steps: series.steps,
      times: hasTime ? series.times : areTimes ? series.steps : undefined,
      parts,
      lacking: missing === 'skip' && lacking.size > 0 ? lacking : undefined,
      fault:
        twice < 0
          ? undefined
          : twiceFault(paths[twice - 1] as string, paths[twice] as string, series.steps[twice] as number),
    };
    result.push(new FileSeries(facts, units, series.units));
    await slice.pause();
  }
  return result;
}

function sorted({ units, steps, times }: OpenSeries): OpenSeries {
  const order = steps.map((_, at) => at).sort((a, b) => (steps[a] as number) - (steps[b] as number));
  const take = (values: readonly number[]): number[] => order.map((at) => values[at] as number);
  return { units: take(units), steps: take(steps), times: times.length === 0 ? [] : take(times) };
}

/** Names a series by the paths of its files: without extension, number and its separator. */
async function idOfPaths(paths: readonly string[], slice: TimeSlice): Promise<string> {
  const files = { length: paths.length, pathAt: (place: number) => paths[place] as string };
  const { groups } = await groupByNumber(files, slice);
  return groups[0]?.id ?? seriesIdOf(paths[0] ?? '');
}
