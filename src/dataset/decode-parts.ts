import type { GraphData, GraphOf, Metadata } from '../core/graph.ts';
import type { FilePlace, HeldParts } from '../core/held-file.ts';
import type { DecodeInput, DecodePart } from '../decode/decode.ts';
import { isGraphPath } from '../formats/registry.ts';
import type { SamplePart } from './sample-files.ts';

/**
 * Tells the decoding where the meshes of a sample lie on this machine.
 *
 * @param held - files of all parts, in their order
 * @param graphOf - graph that is made of parts that say nothing of it
 */
export function toDecodeParts(
  parts: readonly (Omit<SamplePart, 'name'> & Partial<Pick<SamplePart, 'name'>>)[],
  held: readonly HeldParts[],
  graphOf: GraphOf,
): DecodePart[] {
  let next = 0;
  return parts.map(({ name, path: own, files, graphOf: kind = graphOf }) => {
    const places = files.map(({ path }) => [path, held[next++]?.place as FilePlace] as const);
    const [[, file] = ['', ''], ...pieces] = places;
    return { name, path: own, file, pieces: new Map(pieces), graphOf: kind };
  });
}

/** Merges the metadata of a sample: what a transform changed goes first, what is stored with a graph comes last. */
export function mergedMetadata(
  { metadata }: GraphData,
  own: Metadata,
  { kept, path }: DecodeInput,
): Metadata {
  return kept === undefined && isGraphPath(path) ? { ...metadata, ...own } : { ...own, ...metadata };
}
