import type { ArrayInfo, VtkXmlHeader } from './vtk-xml/header-model.ts';

/** What the header of a file says of an array. */
export interface ArrayHeader {
  readonly name: string;
  /** What it has values of: nodes (points), cells, or the mesh as a whole. */
  readonly on: 'node' | 'cell' | 'field';
  /** Type of the values, as VTK names it. */
  readonly type: string;
  /** Present where values of this type cannot be read: it is none of VTK's. */
  readonly isUnreadable?: true | undefined;
  readonly components: number;
  /**
   * Least and largest value, of vectors the length, as far as the header states them: VTK writes them, to 11 digits;
   * nobody has compared them with the values. Of several pieces those of all of them.
   */
  readonly range: readonly [min: number, max: number] | undefined;
}

/** The arrays that a header names, but for points and cells. Arrays of strings are left out except of FieldData. */
export function arrayHeaders({ pieces, fieldData }: VtkXmlHeader): readonly ArrayHeader[] {
  const joined = new Map<string, ArrayHeader>();
  const add = (on: ArrayHeader['on'], { name, type, statedType, components, range }: ArrayInfo): void => {
    const key = `${on} ${name}`;
    const other = joined.get(key);
    joined.set(key, {
      name,
      on,
      type: type ?? statedType,
      ...(type === undefined ? { isUnreadable: true } : {}),
      components,
      range: other === undefined ? range : joinRanges(other.range, range),
    });
  };
  for (const [section, on, count] of [
    ['PointData', 'node', 'points'],
    ['CellData', 'cell', 'cells'],
  ] as const) {
    // A piece without points has no say.
    const filled = pieces.filter(({ counts }) => counts[count] > 0);
    for (const { sections } of filled.length > 0 ? filled : pieces.slice(0, 1)) {
      for (const info of sections.get(section)?.values() ?? []) if (info.type !== 'String') add(on, info);
    }
  }
  for (const info of fieldData.values()) add('field', info);
  return [...joined.values()];
}

/** The range of both, where both are known. */
export function joinRanges(a: ArrayHeader['range'], b: ArrayHeader['range']): ArrayHeader['range'] {
  return a === undefined || b === undefined ? undefined : [Math.min(a[0], b[0]), Math.max(a[1], b[1])];
}
