import type { DecodePart } from '../../decode/decode-input.ts';
import { sizesOf } from '../../files/held.ts';
import type { MeasureInput } from '../../statistics/measure-sample.ts';
import type { HeldSample } from '../sample-files.ts';
import type { MeasuredTable } from '../wished-files.ts';
import type { StepSource, TimeSamples } from './time-series.ts';

/** Steps that are measured: those of all samples, each once. */
export interface MeasuredSteps {
  /** Each step as a sample of its own. */
  readonly samples: TimeSamples;
  readonly table: MeasuredTable;
  /** Makes the input of measuring a step: what is the same at all steps of a series is measured with its first one. */
  inputOf(index: number, held: HeldSample, attributes: readonly string[] | undefined): MeasureInput;
}

/**
 * Lists the steps of samples, each once.
 *
 * @param places - of the samples; all of them when undefined
 */
export function measuredSteps(all: TimeSamples, places: Uint32Array | undefined): MeasuredSteps {
  const count = places?.length ?? all.length;
  const positions = new Map<number, Set<number>>();
  for (let at = 0; at < count; at++) {
    const sample = places?.[at] ?? at;
    const series = all.seriesOf(sample);
    const own = positions.get(series) ?? new Set();
    positions.set(series, own);
    for (const position of all.positionsAt(sample)) own.add(position);
  }
  const numbers: number[] = [];
  const steps: number[] = [];
  const firsts = new Set<number>();
  for (const [series, own] of positions) {
    firsts.add(numbers.length);
    for (const position of [...own].sort((a, b) => a - b)) {
      numbers.push(series);
      steps.push(position);
    }
  }
  const seriesAt = (index: number): ReturnType<TimeSamples['series']> => all.series(numbers[index] as number);
  const sourceAt = (index: number, part = 0): StepSource | undefined =>
    seriesAt(index).sourceAt(part, steps[index] as number);
  const samples: TimeSamples = {
    ...all,
    length: numbers.length,
    isWindowed: false,
    seriesCount: all.seriesCount,
    seriesOf: (sample) => numbers[sample] as number,
    series: (number) => all.series(number),
    positionsAt: (sample) => [steps[sample] as number],
  };
  const table: MeasuredTable = {
    length: numbers.length,
    idAt: (index) => `${seriesAt(index).id}@${seriesAt(index).steps[steps[index] as number]}`,
    pathAt: (index) => sourceAt(index)?.path ?? '',
    bytesAt: (index) => (sourceAt(index)?.files ?? []).reduce((sum, { size }) => sum + size, 0),
  };
  const inputOf = (
    index: number,
    held: HeldSample,
    attributes: readonly string[] | undefined,
  ): MeasureInput => {
    const isFirst = firsts.has(index);
    const series = seriesAt(index);
    const { parts = [], window, parsed = new Map() } = held.steps ?? {};
    const meshes = (window?.parts ?? []).flatMap(({ name, graphOf, isStatic, steps: own }, at) => {
      const [step] = own;
      const file = step && (parts[step.file] as DecodePart);
      if (step === undefined || file === undefined || (isStatic && !isFirst)) return [];
      const { stepped } = series.parts.find((part) => part.name === (name ?? '')) ?? {};
      const isWanted = isFirst || (step.arrays?.length ?? 1) > 0;
      if (!isWanted) return [];
      return [
        {
          prefix: at === 0 ? '' : `parts.${name}.`,
          path: file.path,
          file: file.file,
          pieces: file.pieces,
          parsed,
          ofCells: graphOf === 'cells',
          timeStep: step.timeStep,
          ...(step.arrays === undefined
            ? undefined
            : {
                steps: {
                  names: new Map(
                    step.arrays.map(([on, logical, stored]) => [`${on} ${stored}`, logical] as const),
                  ),
                  stepped: new Set([...(stepped?.node ?? []), ...(stepped?.cell ?? [])]),
                  hasStatics: isFirst,
                },
              }),
        },
      ];
    });
    return { meshes, attributes, sizes: sizesOf(held.files) };
  };
  return { samples, table, inputOf };
}
