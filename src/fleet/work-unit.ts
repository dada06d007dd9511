import { createHash } from 'node:crypto';
import { ConfigError } from '../core/errors.ts';
import { Random } from '../core/random.ts';
import type { Shard } from '../core/shard.ts';
import { shorten } from '../core/show-value.ts';
import type { SourceVersion } from './manifest-line.ts';
import type { ResultOptions } from './result-options.ts';

/** Sample of a source as far as its listing tells: what a result is made of. Plain JSON. */
export interface SourceSample {
  readonly id: string;
  readonly source: SourceVersion;
}

/** Piece of work that makes one result: of a sample, or a tar of many. Plain JSON. */
export interface WorkUnit {
  /** Id of the sample, or name of the tar. */
  readonly id: string;
  /** Samples in the order in which they come. */
  readonly samples: readonly SourceSample[];
  /** Bytes of the files that are read. */
  readonly bytes: number;
}

/**
 * Plans the work: a unit a sample, in the order of their ids; or tars of about `shardSize` bytes, of samples in the order of
 * their ids or in one that follows from ids and `seed`.
 *
 * @param ratio - bytes in a tar for each byte of source files, as it is estimated; for tars alone
 * @throws ConfigError for two samples that would have one key in tars
 */
export function planUnits(
  samples: readonly SourceSample[],
  options: ResultOptions,
  ratio = 1,
): readonly WorkUnit[] {
  const sorted = samples.toSorted((a, b) => (a.id < b.id ? -1 : 1));
  if (options.to !== 'webdataset') {
    return sorted.map((sample) => ({ id: sample.id, samples: [sample], bytes: sample.source.size }));
  }
  refuseEqualKeys(sorted);
  if (options.seed !== undefined) shuffle(sorted, new Random(options.seed));
  return packTars(sorted, (options.shardSize ?? Number.POSITIVE_INFINITY) / ratio);
}

/** Chooses the units of a share. */
export function shareOf(units: readonly WorkUnit[], share: Shard): readonly WorkUnit[] {
  const chosen = share.choose({
    length: units.length,
    idAt: (index) => (units[index] as WorkUnit).id,
    bytesAt: (index) => (units[index] as WorkUnit).bytes,
  });
  return Array.from(chosen, (index) => units[index] as WorkUnit);
}

/** Makes a digest of the ids and sizes of all samples: shares of another list need not fit to these. */
export function listDigest(units: readonly WorkUnit[]): string {
  const hash = createHash('sha256');
  for (const { id, bytes } of units) hash.update(`${JSON.stringify(id)} ${bytes}\n`);
  return hash.digest('hex').slice(0, 16);
}

function packTars(samples: readonly SourceSample[], most: number): readonly WorkUnit[] {
  const units: WorkUnit[] = [];
  let packed: SourceSample[] = [];
  let bytes = 0;
  const close = (): void => {
    if (packed.length === 0) return;
    units.push({ id: tarName(units.length), samples: packed, bytes });
    packed = [];
    bytes = 0;
  };
  for (const sample of samples) {
    if (bytes + sample.source.size > most) close();
    packed.push(sample);
    bytes += sample.source.size;
  }
  close();
  return units;
}

/** Names a tar by its number. */
function tarName(number: number): string {
  return `data-${String(number).padStart(6, '0')}.tar`;
}

/**
 * Makes the key of a sample in tars: readers end it at the first dot of its last part, so that dots there are `%2E`.
 */
export function keyOf(id: string): string {
  const slash = id.lastIndexOf('/') + 1;
  return id.slice(0, slash) + id.slice(slash).replaceAll('.', '%2E');
}

function refuseEqualKeys(samples: readonly SourceSample[]): void {
  const ids = new Map<string, string>();
  for (const { id } of samples) {
    const other = ids.get(keyOf(id));
    if (other !== undefined) {
      throw new ConfigError(
        'samples',
        `The samples "${shorten(other)}" and "${shorten(id)}" would both have the key "${shorten(keyOf(id))}" in tars: leave one of them out, or give ids of another form by a template.`,
      );
    }
    ids.set(keyOf(id), id);
  }
}

/** Shuffles in place (Durstenfeld, "Algorithm 235: Random permutation", 1964). */
function shuffle(items: SourceSample[], random: Random): void {
  for (let at = items.length - 1; at > 0; at--) {
    const other = random.below(at + 1);
    [items[at], items[other]] = [items[other] as SourceSample, items[at] as SourceSample];
  }
}
