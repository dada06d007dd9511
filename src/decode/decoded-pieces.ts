import { FormatError } from '../core/errors.ts';
import { buffersOf } from '../core/graph-buffers.ts';
import type { FilePlace } from '../core/held-file.ts';
import { openPlace } from '../files/ranged-file.ts';
import { graphFromSafetensors, graphToSafetensors } from '../graph/graph-safetensors.ts';
import { readSafetensors, writeSafetensors } from '../graph/safetensors.ts';
import type { KeptMesh, StepArrays } from './kept-series.ts';

/** Writes the mesh of a series, with its static arrays, as a file. */
export function writeMeshPiece({ graph }: KeptMesh): Uint8Array<ArrayBuffer> {
  return graphToSafetensors({ ...graph, id: '', metadata: {} });
}

/** Digests of meshes that were found. */
const digests = new WeakMap<KeptMesh, string>();

/** Makes a text by which the mesh of a file is told from that of another one: of 64 bits. */
export function digestOf(mesh: KeptMesh): string {
  const known = digests.get(mesh);
  if (known !== undefined) return known;
  const { pos, edgeIndex, numCells } = mesh.graph;
  let [one, other] = [numCells | 0, 0x811c9dc5 | 0];
  for (const { buffer, byteOffset, byteLength } of [pos.data, edgeIndex.data]) {
    const words = new Int32Array(buffer, byteOffset, byteLength / 4);
    one = Math.imul(one ^ words.length, 0x85ebca6b);
    for (let at = 0; at < words.length; at++) {
      const word = words[at] as number;
      one = Math.imul((one << 13) | (one >>> 19), 5) + 0x6b64e654 + Math.imul(word, 0x1b873593);
      other = Math.imul(other ^ word, 0x01000193) ^ (other >>> 15);
    }
  }
  const digest = [one, other].map((half) => (half >>> 0).toString(16).padStart(8, '0')).join('');
  digests.set(mesh, digest);
  return digest;
}

/** Reads what {@link writeMeshPiece} wrote. */
export async function readMeshPiece(place: FilePlace, path: string, signal: AbortSignal): Promise<KeptMesh> {
  const graph = graphFromSafetensors(await readWhole(place, signal), { path });
  const bytes = buffersOf(graph).reduce((sum, { byteLength }) => sum + byteLength, 0);
  return { path, graph, isPlain: true, leftOut: [], ghosts: undefined, bytes };
}

/** Writes the arrays of a step as a file: tensors `node.NAME` and `cell.NAME`. */
export function writeStepPiece({ node, cell, time, mesh }: StepArrays): Uint8Array<ArrayBuffer> {
  const tensors = [
    ...[...node].map(([name, tensor]) => [`node.${name}`, tensor] as const),
    ...[...cell].map(([name, tensor]) => [`cell.${name}`, tensor] as const),
  ];
  const names = { node: [...node.keys()], cell: [...cell.keys()] };
  const step = JSON.stringify({ ...names, time: time ?? null });
  return writeSafetensors(tensors, { step, mesh: digestOf(mesh) });
}

/** Reads what {@link writeStepPiece} wrote. */
export async function readStepPiece(
  place: FilePlace,
  { path, mesh }: Pick<StepArrays, 'path' | 'mesh'>,
  signal: AbortSignal,
): Promise<StepArrays> {
  const { tensors, metadata } = readSafetensors(await readWhole(place, signal), { path });
  const text = JSON.parse(metadata['step'] ?? 'null') as Record<'node' | 'cell', string[]> & {
    time: number | null;
  };
  const take = (kind: 'node' | 'cell'): StepArrays['node'] =>
    new Map(
      text[kind].map((name) => {
        const tensor = tensors.get(`${kind}.${name}`);
        if (tensor === undefined) throw new FormatError('is missing', { path, array: name });
        return [name, tensor] as const;
      }),
    );
  return { path, mesh, node: take('node'), cell: take('cell'), time: text.time ?? undefined };
}

async function readWhole(place: FilePlace, signal: AbortSignal): Promise<Uint8Array<ArrayBuffer>> {
  await using access = await openPlace(place);
  return await access.read(0, access.size, signal);
}
