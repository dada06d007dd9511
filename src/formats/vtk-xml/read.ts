import { leftOutKey } from '../../core/left-out-arrays.ts';
import { loadOnce } from '../../core/load-once.ts';
import type { Mesh } from '../../core/mesh.ts';
import type { ReadArray, ReadMeshFileOptions } from '../../core/mesh-format.ts';
import { isCollection } from './header-summary.ts';
import { readTensor } from './piece-reader.ts';
import { makeReader, type OpenedVtkXml, type ReadRequest, readPieces, toMesh } from './read-pieces.ts';

/** Loader of the code that reads files which name others. */
const loadCollections = loadOnce(() => import('./read-collection.ts'));

/**
 * Reads the arrays of a file, one after the other, and neither its points nor its cells.
 *
 * @param names - undefined: all
 */
export async function* readArrays(
  opened: OpenedVtkXml,
  names: ReadonlySet<string> | undefined,
  options: Pick<ReadMeshFileOptions, 'maxExpansion' | 'buffers' | 'signal'>,
): AsyncGenerator<ReadArray, void, void> {
  const { header } = opened;
  const reader = makeReader(opened, options);
  const groups = header.pieces.flatMap(({ sections, counts }) => [
    { on: 'node', infos: sections.get('PointData'), tuples: counts.points } as const,
    { on: 'cell', infos: sections.get('CellData'), tuples: counts.cells } as const,
  ]);
  for (const { on, infos, tuples } of [
    ...groups,
    { on: 'field', infos: header.fieldData, tuples: undefined } as const,
  ]) {
    for (const info of infos?.values() ?? []) {
      if (info.type === 'String' || info.type === undefined || names?.has(info.name) === false) continue;
      yield { name: info.name, on, tensor: await readTensor(reader, info, tuples ?? info.tuples) };
    }
  }
}

/** Tells of each thing once, however many pieces have it. */
function tellOnce(tell: ReadMeshFileOptions['onLeftOut']): ReadRequest['onLeftOut'] {
  const told = new Set<string>();
  return (array) => {
    const key = leftOutKey(array);
    if (told.has(key)) return;
    told.add(key);
    tell?.(array);
  };
}

/** Reads the mesh of a file, and of those that it names. */
export async function readFile(opened: OpenedVtkXml, options: ReadMeshFileOptions): Promise<Mesh> {
  const { attributes, strings = true, pointArrays = true } = options;
  const names = attributes === undefined ? undefined : new Set(attributes);
  const request = { wanted: { names, strings, pointArrays }, onLeftOut: tellOnce(options.onLeftOut) };
  if (isCollection(opened.header)) return (await loadCollections()).readCollection(opened, options, request);
  const { kind, piece, fieldData, fieldDetails } = await readPieces(opened, options, request);
  return toMesh(kind, piece, fieldData, fieldDetails);
}
