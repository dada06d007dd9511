import { FormatError } from '../core/errors.ts';
import { mayBeXml } from '../core/foreign-file.ts';
import type { RandomAccess } from '../core/mesh.ts';
import { showValue } from '../core/show-value.ts';
import { TimeSlice } from '../core/time-slice.ts';
import { type CollectionEntry, MAX_COLLECTION_ENTRIES, readDecimal } from './collection-entry.ts';
import { FileWindow } from './vtk-xml/file-window.ts';
import { XmlScanner, type XmlTag } from './vtk-xml/xml-scanner.ts';

/** Deepest nesting of elements. */
const MAX_DEPTH = 64;
/** Tags between two looks at the clock. */
const TAGS_PER_STEP = 512;

/**
 * Reads the entries of a `.pvd`, ParaView's list of the files of a series: the `DataSet` elements that name a file, in
 * their order.
 *
 * @param path - how errors name the file
 * @throws FormatError where it is no such list, or is cut
 */
export async function readPvd(
  bytes: Uint8Array<ArrayBuffer>,
  path: string,
  signal?: AbortSignal,
): Promise<readonly CollectionEntry[]> {
  const error = (problem: string, offset: number): FormatError => new FormatError(problem, { path, offset });
  if (bytes.length === 0) throw error('is empty', 0);
  if (!mayBeXml(bytes.subarray(0, 1024))) throw error('is no XML file', 0);
  const scanner = new XmlScanner(new FileWindow(inMemory(bytes), signal, bytes), path);
  const root = await scanner.next();
  if (root?.name !== 'VTKFile' || root.kind !== 'open') {
    throw error('is no list of steps: it does not begin with <VTKFile>', root?.offset ?? 0);
  }
  const type = root.attributes.get('type');
  if (type !== 'Collection') {
    throw error(`is no list of steps: its type is ${showValue(type ?? '')}, not "Collection"`, root.offset);
  }
  const entries: CollectionEntry[] = [];
  const texts = new Map<string, string>();
  const stack = ['VTKFile'];
  let hasCollection = false;
  const slice = new TimeSlice(signal);
  for (let tags = 1; stack.length > 0; tags++) {
    const tag = await scanner.next();
    if (tag === undefined) throw error(`ends before </${stack.at(-1)}>: the file is cut`, bytes.length);
    if (tags % TAGS_PER_STEP === 0) await slice.pause();
    if (tag.kind === 'close') {
      const expected = stack.pop();
      if (tag.name !== expected) throw error(`has </${tag.name}> where </${expected}> belongs`, tag.offset);
      continue;
    }
    const parent = stack.at(-1);
    if (tag.kind === 'open') {
      if (stack.length === MAX_DEPTH) throw error(`is nested deeper than ${MAX_DEPTH} tags`, tag.offset);
      stack.push(tag.name);
    }
    if (tag.name === 'Collection' && parent === 'VTKFile') hasCollection = true;
    if (tag.name !== 'DataSet' || parent !== 'Collection') continue;
    const entry = readEntry(tag, texts, path);
    if (entry === undefined) continue;
    if (entries.length === MAX_COLLECTION_ENTRIES)
      throw error(`has more than ${MAX_COLLECTION_ENTRIES} entries`, tag.offset);
    entries.push(entry);
  }
  if (!hasCollection) throw error('has no <Collection> element', root.offset);
  const untimed = entries.find(({ time }) => time === undefined);
  if (untimed !== undefined && entries.some(({ time }) => time !== undefined))
    throw error('has a DataSet without timestep beside others that have one', untimed.offset ?? 0);
  return entries;
}

/** Reads a `DataSet` element; undefined where it names no file. */
function readEntry(
  { attributes, offset }: XmlTag,
  texts: Map<string, string>,
  path: string,
): CollectionEntry | undefined {
  const file = attributes.get('file');
  if (file === undefined || file === '') return undefined;
  const written = attributes.get('timestep');
  const time = written === undefined ? undefined : readDecimal(written);
  if (written !== undefined && time === undefined)
    throw new FormatError(`has timestep=${showValue(written)}, which is no number`, { path, offset });
  /** Gives the same text for equal ones, of which there may be a million. */
  const once = (text: string): string => {
    const known = texts.get(text);
    if (known === undefined) texts.set(text, text);
    return known ?? text;
  };
  const [group, name, part] = ['group', 'name', 'part'].map((key) => once(attributes.get(key)?.trim() ?? ''));
  return { file: once(file), time, group: group ?? '', name: name ?? '', part: part ?? '', offset };
}

function inMemory(bytes: Uint8Array<ArrayBuffer>): RandomAccess {
  return {
    size: bytes.length,
    read: (offset, length) => Promise.resolve(bytes.slice(offset, offset + length)),
  };
}
