import type { Sample } from '../core/dataset.ts';
import { ConfigError } from '../core/errors.ts';
import { showValue } from '../core/show-value.ts';
import { TimeSlice } from '../core/time-slice.ts';
import type { SampleTable } from './sample-table.ts';

/** Rule that says which samples have the same mesh; see `VascuDatasetOptions.sharedMesh`. */
export type SharedMesh = boolean | 'folder' | ((sample: Sample) => string | undefined);

/** Samples that have a mesh in common. */
export interface MeshOwners {
  /** Finds the sample whose mesh a sample has: the first one of its group; undefined where that is its own. */
  ownerOf(index: number): number | undefined;
}

/** Samples that are looked at between two looks at the time. */
const SAMPLES_PER_STEP = 128;

/** Place of a sample in no group, or first in one. */
const NO_OWNER = -1;

/** Samples of a dataset, as far as their groups follow from them. */
type GroupedSamples = Pick<SampleTable, 'length' | 'at' | 'pathAt'>;

/**
 * Finds the samples that have a mesh in common. Samples are only made for a function.
 *
 * @throws ConfigError for an option that cannot be used
 */
export async function findMeshOwners(
  samples: GroupedSamples,
  sharedMesh: SharedMesh | undefined,
  signal: AbortSignal,
): Promise<MeshOwners> {
  if (sharedMesh === undefined || sharedMesh === false) return { ownerOf: () => undefined };
  if (sharedMesh === true) return { ownerOf: (index) => (index > 0 ? 0 : undefined) };
  if (sharedMesh !== 'folder' && typeof sharedMesh !== 'function') {
    throw new ConfigError(
      'sharedMesh',
      `There is no sharedMesh ${showValue(sharedMesh)}: use true, 'folder', or a function that gives a sample's group.`,
    );
  }
  const slice = new TimeSlice(signal);
  const first = new Map<string, number>();
  const owners = new Int32Array(samples.length).fill(NO_OWNER);
  for (let index = 0; index < samples.length; index++) {
    const group =
      sharedMesh === 'folder' ? folderOf(samples.pathAt(index)) : ask(sharedMesh, samples.at(index));
    const owner = group === undefined ? undefined : first.get(group);
    if (owner !== undefined) owners[index] = owner;
    else if (group !== undefined) first.set(group, index);
    if (index % SAMPLES_PER_STEP === 0) await slice.pause();
  }
  return {
    ownerOf: (index) => {
      const owner = owners[index] ?? NO_OWNER;
      return owner === NO_OWNER ? undefined : owner;
    },
  };
}

function folderOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/') + 1);
}

function ask(sharedMesh: (sample: Sample) => string | undefined, sample: Sample): string | undefined {
  const group: unknown = sharedMesh(sample);
  if (group === undefined || typeof group === 'string') return group;
  throw new ConfigError('sharedMesh', `sharedMesh gave ${typeof group} for ${sample.path}, not a text.`);
}
