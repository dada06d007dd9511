import { createHash } from 'node:crypto';
import { isVascuError } from '../core/errors.ts';
import { layOutGraph } from '../graph/graph-safetensors.ts';
import type { SampleReader } from './make-result.ts';
import { isOf, type ManifestLine } from './manifest-line.ts';
import { describeOptions, type ResultOptions } from './result-options.ts';
import type { SourceSample } from './work-unit.ts';

/** Samples that are looked at, and their bytes at most, as a part of a tar's: each process looks at them for itself. */
const MAX_PILOTS = 3;
const MAX_PILOT_SHARE = 1 / 8;

/**
 * Estimates how many bytes a graph has for each byte of its source: of a few samples that their ids single out, so that all
 * processes find the same, also when the source has grown. Of those that are in the manifest nothing is read.
 */
export async function estimateTarRatio(
  samples: readonly SourceSample[],
  {
    reader,
    options,
    lines,
    signal,
  }: {
    readonly reader: SampleReader;
    readonly options: ResultOptions;
    readonly lines: ReadonlyMap<string, ManifestLine>;
    readonly signal: AbortSignal | undefined;
  },
): Promise<number> {
  const most = MAX_PILOT_SHARE * (options.shardSize ?? 0);
  const text = describeOptions(options);
  let [from, to] = [0, 0];
  for (const sample of pilotsOf(samples)) {
    const { size } = sample.source;
    if (size === 0 || (from > 0 && from + size > most)) continue;
    const line = lines.get(sample.id);
    // The first member is the graph; what stands in the manifest must give the number that was found without it.
    const known = line !== undefined && isOf(line, sample.source, text) ? line.files?.[0] : undefined;
    const bytes = known?.size ?? (await graphBytes(sample, reader, signal));
    if (bytes === undefined) continue;
    from += size;
    to += bytes;
  }
  return from === 0 ? 1 : to / from;
}

/** Chooses the samples whose ids have the least digests. */
function pilotsOf(samples: readonly SourceSample[]): readonly SourceSample[] {
  let pilots: { readonly digest: string; readonly sample: SourceSample }[] = [];
  for (const sample of samples) {
    const digest = createHash('sha1').update(sample.id).digest('hex');
    if (pilots.length === MAX_PILOTS && digest > (pilots.at(-1)?.digest ?? '')) continue;
    pilots = [...pilots, { digest, sample }]
      .sort((a, b) => (a.digest < b.digest ? -1 : 1))
      .slice(0, MAX_PILOTS);
  }
  return pilots.map(({ sample }) => sample);
}

/** Counts the bytes of a sample's graph; undefined where it cannot be read, which its tar will say. */
async function graphBytes(
  sample: SourceSample,
  reader: SampleReader,
  signal: AbortSignal | undefined,
): Promise<number | undefined> {
  try {
    return layOutGraph(await reader.graph(sample, { signal })).length;
  } catch (error) {
    signal?.throwIfAborted();
    if (isVascuError(error, 'AUTH', 'NETWORK', 'CACHE', 'DISPOSED')) throw error;
    return undefined;
  }
}
