import { resolve } from 'node:path';
import { NotFoundError } from '../../core/errors.ts';
import type { Metadata } from '../../core/graph.ts';
import { mapLimited } from '../../core/limit.ts';
import { shortenPath, showValue } from '../../core/show-value.ts';
import type { FileEntry } from '../../core/source.ts';
import { TimeSlice } from '../../core/time-slice.ts';
import { ownPathOf, readOwnFile, sourcePathsOf } from '../given-file.ts';
import type { FileTemplate } from './file-template.ts';
import type { JoinedSamples } from './join-table.ts';
import { readOwnTable } from './own-table.ts';
import type { TableRequest } from './table-options.ts';
import { type TablePlace, tryStat } from './table-place.ts';

/** Number of files that are read at a time. */
const FILE_CONCURRENCY = 32;

/** Samples that are looked at between two looks at the time. */
const SAMPLES_PER_STEP = 64;

/** Samples as files of theirs are found by what paths say of them. */
export type NamedSamples = Pick<JoinedSamples, 'length' | 'idAt'> & {
  /** Names that the template captures, in order. */
  readonly captureNames: readonly string[];
};

/** File that describes samples. */
interface OwnFile {
  readonly metadata: Metadata;
  /** Entry of one that lies in the source. */
  readonly entry: FileEntry | undefined;
}

/** Files of which each describes the samples that have its captures; a sample may have none. */
export class OwnTables {
  readonly #files: readonly (OwnFile | undefined)[];
  readonly #ofSample: Uint32Array;

  private constructor(files: readonly (OwnFile | undefined)[], ofSample: Uint32Array) {
    this.#files = files;
    this.#ofSample = ofSample;
  }

  /**
   * Reads the files of samples, each once: in the source, or all of them on this machine.
   *
   * @throws NotFoundError where no sample has one
   * @throws FormatError for one that does not describe one sample
   */
  static async read(
    request: TableRequest,
    template: FileTemplate,
    place: TablePlace,
    samples: NamedSamples,
    signal: AbortSignal,
  ): Promise<OwnTables> {
    const { file, form } = request;
    template.check(samples.captureNames);
    const names = new Map<string, number>();
    const ofSample = new Uint32Array(samples.length);
    const slice = new TimeSlice(signal);
    for (let sample = 0; sample < samples.length; sample++) {
      // Ids are the texts of captures, which their values are not.
      const texts = samples.idAt(sample).split('/');
      const name = template.fileOf(
        Object.fromEntries(samples.captureNames.map((each, at) => [each, texts[at] ?? ''])),
      );
      const known = names.get(name) ?? names.size;
      if (known === names.size) names.set(name, known);
      ofSample[sample] = known;
      if (sample % SAMPLES_PER_STEP === 0) await slice.pause();
    }
    const all = [...names.keys()];
    const parse = async (bytes: Uint8Array<ArrayBuffer>, path: string): Promise<Metadata> =>
      readOwnTable(bytes, path, form, slice);
    const listed =
      ownPathOf(file, 'metadata') === undefined ? await readFromSource(all, place, parse, signal) : [];
    if (listed.some((each) => each !== undefined)) return new OwnTables(listed, ofSample);
    const own = await mapLimited(all, FILE_CONCURRENCY, async (name) => {
      const path = resolve(name);
      const bytes = await readOwnFile(path, 'metadata', signal);
      return bytes && { metadata: await parse(bytes, path), entry: undefined };
    });
    if (own.some((each) => each !== undefined)) return new OwnTables(own, ofSample);
    throw new NotFoundError(
      `No sample has a table of metadata ${showValue(file)}: of ${showValue(samples.idAt(0))} it would be ${shortenPath(all[0] ?? '')}, from sourceDir on or on this machine.`,
    );
  }

  /** Gives what the file of a sample says of it. */
  at(sample: number): Metadata | undefined {
    return this.#fileOf(sample)?.metadata;
  }

  /** Gives the entry of the file of a sample in the source. */
  entryOf(sample: number): FileEntry | undefined {
    return this.#fileOf(sample)?.entry;
  }

  #fileOf(sample: number): OwnFile | undefined {
    return this.#files[this.#ofSample[sample] as number];
  }
}

/** Reads files of the source; undefined for those that are not there. */
async function readFromSource(
  names: readonly string[],
  { streamer, listing, folder }: TablePlace,
  parse: (bytes: Uint8Array<ArrayBuffer>, path: string) => Promise<Metadata>,
  signal: AbortSignal,
): Promise<(OwnFile | undefined)[]> {
  const index = await listing.index(signal);
  return mapLimited(names, FILE_CONCURRENCY, async (name) => {
    const [path] = sourcePathsOf(name, folder);
    if (path === undefined) return undefined;
    const row = index.find(path);
    // The listing has all below its folder.
    if (row === undefined && path.startsWith(folder)) return undefined;
    const entry = row === undefined ? await tryStat(streamer, path, signal) : listing.entryAt(row);
    if (entry === undefined) return undefined;
    const bytes = await streamer.readWhole(entry.path, { entry, signal });
    return { metadata: await parse(bytes, entry.path), entry };
  });
}
