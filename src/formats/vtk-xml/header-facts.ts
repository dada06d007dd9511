import type { ArrayDetails, LeftOutArray, SectionDetails } from '../../core/mesh.ts';
import { findArrayType } from '../arrays/numeric-types.ts';
import { sectionDetails } from '../arrays/section-details.ts';
import type { ArrayInfo, DeclaredArray, PieceInfo, VtkXmlHeader } from './header-model.ts';
import type { XmlTag } from './xml-scanner.ts';

/** Components of an array whose names are kept at the most. */
const MAX_NAMED_COMPONENTS = 65_536;

/** Name by which a mesh calls the things that a section has values of. */
export type On = LeftOutArray['on'];

/** Names that the sections of arrays have, in files and for users. */
export const onBySection: ReadonlyMap<string, On> = new Map([
  ['PointData', 'node'],
  ['Points', 'node'],
  ['CellData', 'cell'],
  ['FieldData', 'field'],
]);

/**
 * Reads what a tag says of an array besides where and in which type its values are; undefined where it says nothing.
 */
export function arrayDetails(
  { attributes }: XmlTag,
  type: ArrayInfo['type'],
  components: number,
): ArrayDetails | undefined {
  let names: string[] | undefined;
  for (const attribute of attributes.keys()) {
    if (!attribute.startsWith('ComponentName')) continue;
    const index = Number(/^ComponentName(\d{1,5})$/.exec(attribute)?.[1] ?? Number.NaN);
    if (!(index < Math.min(components, MAX_NAMED_COMPONENTS))) continue;
    names ??= [];
    while (names.length <= index) names.push('');
    names[index] = attributes.get(attribute) as string;
  }
  const isId = attributes.get('IdType') === '1';
  const isWide = type === 'String' && components > 1;
  const isBit = type === 'Bit';
  if (names === undefined && !isId && !isWide && !isBit) return undefined;
  return {
    ...(names === undefined ? {} : { componentNames: names }),
    ...(isId ? { isId } : {}),
    ...(isWide ? { stringsInTuple: components } : {}),
    ...(isBit ? { isBit } : {}),
  };
}

/** Reads the times of the steps that a file has in VTK's own form; undefined where it has none, or no numbers. */
export function readTimeValues({ attributes }: XmlTag): readonly number[] | undefined {
  const text = attributes.get('TimeValues')?.trim() ?? '';
  const values = text === '' ? [] : text.split(/\s+/).map(Number);
  return values.length > 0 && values.every(Number.isFinite) ? values : undefined;
}

/** Reads the array that a tag of a parallel file declares for its pieces. */
export function declaredArray(tag: XmlTag): DeclaredArray {
  const components = Number(tag.attributes.get('NumberOfComponents')?.trim() || 1) || 1;
  const type = findArrayType(tag.attributes.get('type') ?? '');
  return {
    // Bits come as bytes.
    type: type === 'Bit' ? 'UInt8' : type,
    components,
    details: arrayDetails(tag, type, components),
  };
}

/** Reads what a piece's header says of its arrays besides their values. */
export function pieceDetails(
  { sections, active }: PieceInfo,
  section: 'PointData' | 'CellData',
): SectionDetails {
  return sectionDetails(sections.get(section)?.values() ?? [], active.get(section));
}

/** Collector of what a header has that no mesh has: each once. */
export class HeaderExtras {
  readonly #found = new Map<string, LeftOutArray>();

  get found(): VtkXmlHeader['extras'] {
    return [...this.#found.values()];
  }

  /** Notes that an array is there once more: some writers repeat it for each time step, and the first is read. */
  repeated(on: On, name: string): void {
    this.#add({ name, on, reason: 'steps' });
  }

  /** Notes that the type of an array is none that is read. */
  unreadable(on: On, { name, statedType }: ArrayInfo): void {
    this.#add({ name, on, reason: 'type', what: statedType });
  }

  /** Notes a key that says more of an array; norms follow from the values. */
  information(on: On, name: string, { attributes }: XmlTag): void {
    const key = attributes.get('name') ?? '';
    if (!key.startsWith('L2_NORM_')) this.#add({ name, on, reason: 'information', what: key });
  }

  /** Notes what is lost of points, which are kept as their coordinates alone. */
  points({ name, details }: ArrayInfo): void {
    if (details?.componentNames === undefined) return;
    this.#add({ name, on: 'node', reason: 'information', what: 'names of its components' });
  }

  #add(array: LeftOutArray): void {
    const key = JSON.stringify([array.on, array.name, array.reason, array.what]);
    if (this.#found.size < MAX_EXTRAS && !this.#found.has(key)) this.#found.set(key, array);
  }
}

/** Things that are told of at the most. */
const MAX_EXTRAS = 10_000;
