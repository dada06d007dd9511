import type { Sample } from '../core/dataset.ts';
import { ConfigError } from '../core/errors.ts';
import { showValue } from '../core/show-value.ts';
import type { FileEntry } from '../core/source.ts';

/** Rule that says which samples have the same mesh; see `VascuDatasetOptions.sharedMesh`. */
export type SharedMesh = boolean | 'folder' | ((sample: Sample) => string | undefined);

/**
 * Finds the file of which each file has the mesh, by its path: that of the first sample of its group, whose files
 * correspond one by one; none where the sample has a mesh of its own.
 *
 * @throws ConfigError for an option that cannot be used
 */
export function findMeshOwners(
  samples: readonly Sample[],
  sharedMesh: SharedMesh | undefined,
): ReadonlyMap<string, FileEntry> {
  const owners = new Map<string, FileEntry>();
  if (sharedMesh === undefined || sharedMesh === false) return owners;
  if (sharedMesh !== true && sharedMesh !== 'folder' && typeof sharedMesh !== 'function') {
    throw new ConfigError(
      'sharedMesh',
      `There is no sharedMesh ${showValue(sharedMesh)}: use true, 'folder', or a function that gives a sample's group.`,
    );
  }
  const first = new Map<string, readonly FileEntry[]>();
  for (const sample of samples) {
    const group = groupOf(sample, sharedMesh);
    if (group === undefined) continue;
    const { files } = sample;
    // Files of samples that lack a part would be those of other parts.
    const key = [group, ...Object.keys(sample.parts ?? {})].join('\0');
    const others = first.get(key);
    if (others === undefined) first.set(key, files);
    else if (others.length === files.length) {
      for (const [index, { path }] of files.entries()) owners.set(path, others[index] as FileEntry);
    }
  }
  return owners;
}

function groupOf(sample: Sample, sharedMesh: Exclude<SharedMesh, false>): string | undefined {
  if (sharedMesh === true) return '';
  if (sharedMesh === 'folder') return sample.path.slice(0, sample.path.lastIndexOf('/') + 1);
  const group: unknown = sharedMesh(sample);
  if (group === undefined || typeof group === 'string') return group;
  throw new ConfigError('sharedMesh', `sharedMesh gave ${typeof group} for ${sample.path}, not a text.`);
}
