import { ConfigError, NotFoundError } from '../core/errors.ts';
import { shorten, showValue } from '../core/show-value.ts';
import { TimeSlice } from '../core/time-slice.ts';
import type { SampleGroups } from './sample-groups.ts';

/** Samples that a message names. */
const MAX_SHOWN_SAMPLES = 3;

/** Samples that are looked at between two looks at the time. */
const SAMPLES_PER_STEP = 128;

/** Samples of which something is wrong: how many, and what of the first ones. */
class Faults {
  readonly #shown: string[] = [];
  count = 0;

  add(describe: () => string): void {
    if (this.count++ < MAX_SHOWN_SAMPLES) this.#shown.push(describe());
  }

  toString(): string {
    return `${this.#shown.join('; ')}${this.count > MAX_SHOWN_SAMPLES ? '; …' : ''}`;
  }
}

/**
 * Checks that samples have the parts that they need to have, each once, and ids of their own.
 *
 * @param kept - samples that the filter keeps; undefined for all
 * @param pathAt - of a row of the listing
 * @throws NotFoundError where parts are lacking
 * @throws ConfigError where there are two files for one part, or two samples of one id
 */
export async function checkGroups(
  groups: SampleGroups,
  kept: Uint32Array | undefined,
  pathAt: (row: number) => string,
  signal: AbortSignal,
): Promise<void> {
  const slice = new TimeSlice(signal);
  const [lacking, twice, same] = [new Faults(), new Faults(), new Faults()];
  const met = new Map<number, number>();
  let lacksOther = false;
  const length = kept?.length ?? groups.length;
  for (let at = 0; at < length; at++) {
    const sample = kept?.[at] ?? at;
    for (const { part, rows } of groups.faultsOf(sample)) {
      const id = shorten(groups.idAt(sample));
      const { name, template } = part;
      if (rows.length === 0) {
        lacksOther ||= part !== groups.templates.first;
        lacking.add(() => `"${id}" has no ${name} (${showValue(template.text)})`);
      } else
        twice.add(
          () => `"${id}" has ${rows.map((row) => showValue(pathAt(row))).join(' and ')} as its ${name}`,
        );
    }
    const twin = groups.twinOf(sample);
    const other = twin === undefined ? undefined : met.get(twin);
    if (other !== undefined) {
      const paths = [other, sample].map((each) => showValue(pathAt(groups.rows[each] as number)));
      same.add(() => `${paths.join(' and ')} are both "${shorten(groups.idAt(sample))}"`);
    }
    if (twin !== undefined) met.set(twin, sample);
    if (at % SAMPLES_PER_STEP === 0) await slice.pause();
  }
  const of = length === 1 ? 'of 1 sample' : `of ${length} samples`;
  if (same.count > 0) {
    const { text, names } = groups.templates.first.template;
    throw new ConfigError(
      'samples',
      `Samples need ids of their own, ${same.count} ${of} have one that another has: ${same.toString()}. The template ${showValue(text)} captures ${names.join(', ')} alone: capture what differs, or exclude what is not meant.`,
    );
  }
  if (twice.count > 0) {
    throw new ConfigError(
      'samples',
      `A part is one file, ${twice.count} ${of} have two: ${twice.toString()}. Write a template that matches one of them, or exclude the other.`,
    );
  }
  if (lacking.count > 0) {
    const found = `${lacking.count} ${of}: ${lacking.toString()}`;
    throw new NotFoundError(
      lacksOther
        ? `Samples lack parts, ${found}. Say { pattern, optional: true } of a part that may be absent, or leave such samples out by filterFn, which sees what there is in sample.parts.`
        : `Samples lack their first part, ${found}. It is the graph itself: leave such samples out by exclude, or by filterFn, which sees what there is in sample.parts.`,
    );
  }
}
