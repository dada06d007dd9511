import type { Files } from '../../temporary-folder.ts';
import { type SmallMesh, smallVtu } from '../small-mesh.ts';

/** The text of a small `.vtu` file of field data as well, one value each. */
export function vtuWithFields(fields: Readonly<Record<string, number>>, mesh: SmallMesh = {}): string {
  const arrays = Object.entries(fields).map(
    ([name, value]) =>
      `<DataArray type="Float64" Name="${name}" NumberOfTuples="1" format="ascii">${value}</DataArray>`,
  );
  return smallVtu(mesh).replace('<Piece ', `<FieldData>${arrays.join('')}</FieldData><Piece `);
}

/** The text of a file of fields at steps: `value(step)` at each point. */
export function steppedVtu(
  names: readonly string[],
  suffixes: readonly string[],
  more: Readonly<Record<string, number>> = {},
): string {
  const arrays = names.flatMap((name) =>
    suffixes.map((suffix) => [`${name}_${suffix}`, stepOf(suffix)] as const),
  );
  return smallVtu({ pointData: { ...Object.fromEntries(arrays), ...more } });
}

function stepOf(suffix: string): number {
  return Number(suffix.replace(/^(?:t|step)/, ''));
}

/** Files of one step each, by their paths with the step put in the place of `*`. */
export function filesOfSteps(pattern: string, steps: readonly (number | string)[]): Files {
  return Object.fromEntries(
    steps.map((step) => [
      pattern.replaceAll('*', String(step)),
      smallVtu({ pointData: { pressure: Number(step) } }),
    ]),
  );
}

/** The text of a `.pvd` of entries: time, file, and what else. */
export function pvdOf(
  entries: readonly (readonly [time: number | string, file: string, more?: string])[],
): string {
  const tags = entries.map(
    ([time, file, more = '']) => `<DataSet timestep="${time}" ${more} file="${file}"/>`,
  );
  return `<?xml version="1.0"?><VTKFile type="Collection" version="0.1"><Collection>${tags.join('\n')}</Collection></VTKFile>`;
}
