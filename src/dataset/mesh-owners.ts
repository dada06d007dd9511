import type { Sample } from '../core/dataset.ts';
import { ConfigError } from '../core/errors.ts';
import { showValue } from '../core/show-value.ts';
import { TimeSlice } from '../core/time-slice.ts';
import type { SampleTable } from './sample-table.ts';

/** Rule that says which samples have the same mesh; see `VascuDatasetOptions.sharedMesh`. */
export type SharedMesh = boolean | 'folder' | 'series' | ((sample: Sample) => string | undefined);

/** Samples that have a mesh in common. */
export interface MeshOwners {
  /**
   * Finds the sample whose mesh a part of a sample has: the first one of its group that has such a part; undefined where
   * that is its own.
   *
   * @param part - name of the part; empty where samples have no parts
   */
  ownerOf(index: number, part: string): number | undefined;
}

/** Samples that are looked at between two looks at the time. */
const SAMPLES_PER_STEP = 128;

/** Place of a sample in no group, or first in one. */
const NO_OWNER = -1;

/** Samples of a dataset, as far as their groups follow from them. */
type GroupedSamples = Pick<SampleTable, 'length' | 'at' | 'pathAt' | 'optionalParts' | 'partPathsAt'>;

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
  if (sharedMesh === true && samples.optionalParts.length === 0) {
    return { ownerOf: (index) => (index > 0 ? 0 : undefined) };
  }
  if (sharedMesh === 'series') {
    throw new ConfigError(
      'sharedMesh',
      "sharedMesh: 'series' is for the steps of series: set time as well, or use true or 'folder'.",
    );
  }
  if (sharedMesh !== true && sharedMesh !== 'folder' && typeof sharedMesh !== 'function') {
    throw new ConfigError(
      'sharedMesh',
      `There is no sharedMesh ${showValue(sharedMesh)}: use true, 'folder', or a function that gives a sample's group.`,
    );
  }
  const slice = new TimeSlice(signal);
  const first = new Map<string, number>();
  const owners = new Int32Array(samples.length).fill(NO_OWNER);
  const ofParts = new Map(samples.optionalParts.map((name) => [name, new PartOwners(samples, name)]));
  for (let index = 0; index < samples.length; index++) {
    const group = groupOf(samples, sharedMesh, index);
    const owner = group === undefined ? undefined : first.get(group);
    if (owner !== undefined) owners[index] = owner;
    else if (group !== undefined) first.set(group, index);
    if (group !== undefined) for (const part of ofParts.values()) part.add(group, index);
    if (index % SAMPLES_PER_STEP === 0) await slice.pause();
  }
  return {
    ownerOf: (index, part) => {
      const owner = (ofParts.get(part)?.owners ?? owners)[index] ?? NO_OWNER;
      return owner === NO_OWNER ? undefined : owner;
    },
  };
}

/** Owners of the meshes of a part that samples may lack. */
class PartOwners {
  readonly owners: Int32Array;
  readonly #samples: GroupedSamples;
  readonly #name: string;
  readonly #first = new Map<string, number>();

  constructor(samples: GroupedSamples, name: string) {
    this.owners = new Int32Array(samples.length).fill(NO_OWNER);
    this.#samples = samples;
    this.#name = name;
  }

  /** Adds a sample to its group. */
  add(group: string, index: number): void {
    if (!Object.hasOwn(this.#samples.partPathsAt(index) ?? {}, this.#name)) return;
    const owner = this.#first.get(group);
    if (owner === undefined) this.#first.set(group, index);
    else this.owners[index] = owner;
  }
}

function groupOf(
  samples: GroupedSamples,
  sharedMesh: Exclude<SharedMesh, boolean | 'series'> | true,
  index: number,
): string | undefined {
  if (sharedMesh === true) return '';
  return sharedMesh === 'folder' ? folderOf(samples.pathAt(index)) : ask(sharedMesh, samples.at(index));
}

function folderOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/') + 1);
}

function ask(sharedMesh: (sample: Sample) => string | undefined, sample: Sample): string | undefined {
  const group: unknown = sharedMesh(sample);
  if (group === undefined || typeof group === 'string') return group;
  throw new ConfigError('sharedMesh', `sharedMesh gave ${typeof group} for ${sample.path}, not a text.`);
}
