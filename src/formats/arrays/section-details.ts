import type { ArrayDetails, Mesh, SectionDetails } from '../../core/mesh.ts';

/** Array as far as its header says more of it than its values. */
interface Described {
  readonly name: string;
  readonly details: ArrayDetails | undefined;
}

/**
 * Collects what the header says of the arrays of a section besides their values.
 *
 * @param active - names of the active arrays by what each is
 */
export function sectionDetails(
  arrays: Iterable<Described>,
  active: ReadonlyMap<string, string> = new Map(),
): SectionDetails {
  const described = new Map<string, ArrayDetails>();
  for (const { name, details } of arrays) if (details !== undefined) described.set(name, details);
  return { arrays: described, active };
}

/** Adds to a mesh what is said of its sections, as far as something is. */
export function withDetails(
  mesh: Mesh,
  details: Readonly<Record<'pointData' | 'cellData' | 'fieldData', SectionDetails>>,
): Mesh {
  const said = Object.entries(details).filter(([, { arrays, active }]) => arrays.size > 0 || active.size > 0);
  return said.length === 0 ? mesh : { ...mesh, details: Object.fromEntries(said) };
}
