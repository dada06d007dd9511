/** Words for what an array can be active as that is no field (`vtkDataSetAttributes::AttributeTypes`). */
const MARKS: ReadonlySet<string> = new Set([
  'Normals',
  'TCoords',
  'GlobalIds',
  'PedigreeIds',
  'EdgeFlag',
  'Tangents',
  'HigherOrderDegrees',
  'ProcessIds',
]);

/**
 * Lists the arrays that are active as something that is no field, each once; undefined for none.
 *
 * @param sections - names of the active arrays of each section, by what they are
 */
export function listMarked(sections: readonly ReadonlyMap<string, string>[]): readonly string[] | undefined {
  const marked = sections.flatMap((active) => [...active].filter(([mark]) => MARKS.has(mark)));
  return marked.length === 0 ? undefined : [...new Set(marked.map(([, name]) => name))];
}
