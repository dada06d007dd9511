import type { RandomAccess } from '../../core/mesh.ts';
import type { MeshFile, OpenMeshOptions, ReadArray } from '../../core/mesh-format.ts';
import { readLegacyHeader } from './header.ts';
import { countCells, type LegacyHeader } from './header-model.ts';
import { summarize } from './header-summary.ts';
import { planStretches } from './plan.ts';
import { readLegacyMesh, wantedArrays } from './read.ts';
import { ValueReader } from './value-reader.ts';

/**
 * Opens a legacy file.
 *
 * @throws FormatError when the bytes are not what the format requires
 * @throws NoPlan with `planOnly`, where values stand in text
 */
export async function open(file: RandomAccess, options: OpenMeshOptions): Promise<MeshFile> {
  const { path, parsed } = options;
  const header = (parsed as LegacyHeader | undefined) ?? (await readLegacyHeader(file, options));
  return {
    header: summarize(header, file.size),
    parsed: header,
    references: [],
    time: timeOf(header),
    plan: async (wish) => (header.encoding === 'ascii' ? 'inline' : planStretches(header, file.size, wish)),
    read: (wish) => readLegacyMesh(file, header, { ...wish, path }),
    arrays: ({ attributes, buffers, signal }) =>
      readArrays(new ValueReader(file, header.encoding, { path, buffers, signal }), header, attributes),
  };
}

/** Takes out what a header states about time. */
function timeOf({ fieldData }: LegacyHeader): MeshFile['time'] {
  const time = fieldData.arrays.get('TimeValue');
  return time?.tuples === 1 && time.components === 1 ? { isStep: true } : undefined;
}

async function* readArrays(
  reader: ValueReader,
  header: LegacyHeader,
  attributes: readonly string[] | undefined,
): AsyncGenerator<ReadArray, void, void> {
  const names = attributes && new Set(attributes);
  for (const [section, on, rows] of [
    [header.pointData, 'node', header.points.tuples],
    [header.cellData, 'cell', countCells(header)],
    [header.fieldData, 'field', undefined],
  ] as const) {
    for (const array of wantedArrays(section, names, false)) {
      if (array.type === 'String') continue;
      yield { name: array.name, on, tensor: await reader.tensor(array, rows ?? array.tuples) };
    }
  }
}
