import { isOf, type ManifestFile, type ManifestLine, type SourceVersion } from './manifest-line.ts';
import { describeOptions, type ResultOptions } from './result-options.ts';
import type { WorkUnit } from './work-unit.ts';

/** Facts known of results: the lines of the manifest by id, and whether files are there as they say. */
export interface KnownResults {
  readonly lines: ReadonlyMap<string, ManifestLine>;
  /** Tells whether the file of a line is there, of that size. */
  isThere(file: ManifestFile): boolean;
  /** Gives the bytes of a file; undefined where there is none. Asked for tars alone. */
  sizeOf(path: string): number | undefined;
}

/** Work, as far as it is done. */
export interface WorkState {
  /** Units that are still to do. */
  readonly left: readonly WorkUnit[];
  /** Number of samples that are done. */
  readonly done: number;
}

/**
 * Finds what is still to do: a unit is done when each of its samples has a line of this version of its source and of
 * these options, and the files that it names are there.
 */
export function findWorkLeft(
  units: readonly WorkUnit[],
  options: ResultOptions,
  known: KnownResults,
): WorkState {
  const text = describeOptions(options);
  const left: WorkUnit[] = [];
  let done = 0;
  for (const unit of units) {
    const isDone =
      options.to === 'webdataset' ? isTarDone(unit, text, known) : isSampleDone(unit, text, known);
    if (isDone) done += unit.samples.length;
    else left.push(unit);
  }
  return { left, done };
}

/** Lists the samples of which no line says that they were made, or could not be, of this version and with these options. */
export function findUntold(
  units: readonly WorkUnit[],
  options: ResultOptions,
  lines: ReadonlyMap<string, ManifestLine>,
): readonly string[] {
  const text = describeOptions(options);
  return units.flatMap(({ samples }) =>
    samples.filter(({ id, source }) => !isTold(lines.get(id), source, text)).map(({ id }) => id),
  );
}

function isTold(line: ManifestLine | undefined, source: SourceVersion, options: string): boolean {
  return line !== undefined && isOf(line, source, options);
}

function filesOf(
  line: ManifestLine | undefined,
  source: SourceVersion,
  options: string,
): readonly ManifestFile[] {
  return (isTold(line, source, options) && line?.files) || [];
}

function isSampleDone({ samples }: WorkUnit, options: string, { lines, isThere }: KnownResults): boolean {
  return samples.every(({ id, source }) => {
    const files = filesOf(lines.get(id), source, options);
    return files.length > 0 && files.every(isThere);
  });
}

function isTarDone(
  { id, samples }: WorkUnit,
  options: string,
  { lines, isThere, sizeOf }: KnownResults,
): boolean {
  let end = 0;
  for (const { id: sample, source } of samples) {
    const files = filesOf(lines.get(sample), source, options);
    if (files.length === 0) return false;
    for (const file of files) {
      const { path, offset = -1, size } = file;
      // Members of a tar that was made of other samples are elsewhere.
      if (path !== id || offset < end || !isThere(file)) return false;
      end = offset + size;
    }
  }
  return sizeOf(id) === tarBytes(end);
}

const BLOCK_BYTES = 512;

/** Computes the bytes of a tar whose last member ends there: padded, and two empty blocks. */
function tarBytes(end: number): number {
  return Math.ceil(end / BLOCK_BYTES) * BLOCK_BYTES + 2 * BLOCK_BYTES;
}
