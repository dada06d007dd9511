import { FormatError } from '../../core/errors.ts';
import { describeForeign, mayBeXml } from '../../core/foreign-file.ts';
import { TimeSlice } from '../../core/time-slice.ts';
import { findArrayType } from '../arrays/numeric-types.ts';
import { readChoice, readCount, readOffset } from './attribute-values.ts';
import { checkFileEnd } from './file-end.ts';
import type { FileWindow } from './file-window.ts';
import {
  arrayDetails,
  declaredArray,
  HeaderExtras,
  type On,
  onBySection,
  readTimeValues,
} from './header-facts.ts';
import {
  type ArrayInfo,
  compressors,
  type DeclaredArray,
  datasetTypes,
  type FileLayout,
  type PieceInfo,
  type SectionName,
  type TimedArray,
  type VtkXmlHeader,
} from './header-model.ts';
import { findInlineEnd } from './inline-extent.ts';
import { stepsOf } from './step-header.ts';
import { XmlScanner, type XmlTag } from './xml-scanner.ts';

/** Most tags that a header may have; each costs some time. */
const MAX_TAGS = 2 ** 22;
/** Most pieces and arrays, of which each costs some memory. */
const MAX_KEPT = 2 ** 18;
/** Tags between two looks at the clock. */
const TAGS_PER_STEP = 4096;
const MAX_DEPTH = 64;

const formats = ['ascii', 'binary', 'appended'] as const;

/** Extent to which a header is read. */
export interface HeaderOptions {
  /** True when the end of the file is left unread, which tells whether it is cut. @defaultValue false */
  readonly headOnly?: boolean | undefined;
  /** Listener that is called before and after it is looked for where data between tags end. */
  readonly onInline?: ((inside: boolean) => void) | undefined;
}

const sectionNames: ReadonlySet<string> = new Set<SectionName>([
  'PointData',
  'CellData',
  'Points',
  'Cells',
  'Verts',
  'Lines',
  'Strips',
  'Polys',
]);

/** Reads the range that a tag states; VTK writes a least value above the largest where there are none. */
function statedRange({ attributes }: XmlTag): ArrayInfo['range'] {
  const [min = Number.NaN, max = Number.NaN] = ['RangeMin', 'RangeMax'].map((name) =>
    Number(attributes.get(name)?.trim() || Number.NaN),
  );
  return min <= max ? [min, max] : undefined;
}

function readLayout(tag: XmlTag, path: string): FileLayout {
  const declared = tag.attributes.get('type') ?? '';
  if (declared === 'Collection' || declared.startsWith('vtkMulti') || declared.startsWith('vtkPartitioned')) {
    throw new FormatError(
      `is no mesh but a list of other files (type="${declared}"); read the files it names`,
      {
        path,
        offset: tag.offset,
      },
    );
  }
  const type = readChoice(tag, 'type', datasetTypes, path);
  if (type === undefined)
    throw new FormatError('does not say its dataset type', { path, offset: tag.offset });
  return {
    type,
    version: tag.attributes.get('version'),
    byteOrder: readChoice(tag, 'byte_order', ['LittleEndian', 'BigEndian'], path) ?? 'LittleEndian',
    headerWidth: readChoice(tag, 'header_type', ['UInt32', 'UInt64'], path) === 'UInt64' ? 8 : 4,
    compressor: readChoice(tag, 'compressor', compressors, path),
  };
}

/**
 * Reads the header of a VTK XML file: all tags up to the appended data or the end. Data are passed over, not
 * read, where their length tells where they end.
 *
 * The format: VTK User's Guide, "XML File Formats"; where it is silent, what VTK 9 reads.
 *
 * @throws FormatError when the file is no VTK XML file of a dataset type that is read here, or is cut
 */
export async function readHeader(
  window: FileWindow,
  path: string,
  options: HeaderOptions = {},
): Promise<VtkXmlHeader> {
  if (window.file.size === 0) throw new FormatError('is empty', { path, offset: 0 });
  const head = await window.at(0, 1024);
  if (!mayBeXml(head)) throw new FormatError(describeForeign(head) ?? 'is no XML file', { path, offset: 0 });
  const scanner = new XmlScanner(window, path);
  const root = await scanner.next();
  if (root?.name !== 'VTKFile' || root.kind !== 'open') {
    throw new FormatError('is no VTK XML file: it does not begin with <VTKFile>', {
      path,
      offset: root?.offset ?? 0,
    });
  }
  return new HeaderReader(window, path, scanner, readLayout(root, path), options).read();
}

interface OpenPiece extends PieceInfo {
  readonly sections: Map<SectionName, Map<string, ArrayInfo>>;
  readonly active: Map<string, ReadonlyMap<string, string>>;
  timed?: TimedArray[];
}

class HeaderReader {
  readonly #window: FileWindow;
  readonly #path: string;
  readonly #scanner: XmlScanner;
  readonly #layout: FileLayout;
  readonly #options: HeaderOptions;
  readonly #stack: string[] = ['VTKFile'];
  readonly #pieces: OpenPiece[] = [];
  readonly #fieldData = new Map<string, ArrayInfo>();
  readonly #declared = {
    PointData: new Map<string, DeclaredArray>(),
    CellData: new Map<string, DeclaredArray>(),
    pointType: undefined as DeclaredArray['type'],
    active: new Map<string, ReadonlyMap<string, string>>(),
  };
  readonly #extras = new HeaderExtras();
  /** Pieces and arrays so far. */
  #kept = 0;
  /** The array whose tag was read last. */
  #last: { readonly on: On; readonly name: string } | undefined;
  #appended: VtkXmlHeader['appended'];
  #timeValues: VtkXmlHeader['timeValues'];

  constructor(
    window: FileWindow,
    path: string,
    scanner: XmlScanner,
    layout: FileLayout,
    options: HeaderOptions,
  ) {
    this.#options = options;
    this.#window = window;
    this.#path = path;
    this.#scanner = scanner;
    this.#layout = layout;
  }

  async read(): Promise<VtkXmlHeader> {
    let hasDataset = false;
    let tags = 0;
    const slice = new TimeSlice(this.#window.signal);
    while (this.#stack.length > 0) {
      const tag = await this.#scanner.next();
      if (tag === undefined) {
        throw this.#error(`ends before </${this.#stack.at(-1)}>: the file is cut`, this.#window.file.size);
      }
      if (++tags > MAX_TAGS) throw this.#error(`has more than ${MAX_TAGS} tags`, tag.offset);
      if (this.#kept > MAX_KEPT) throw this.#error(`has more than ${MAX_KEPT} pieces and arrays`, tag.offset);
      if (tags % TAGS_PER_STEP === 0) await slice.pause();
      if (tag.kind === 'close') this.#close(tag);
      else {
        if (this.#stack.length === 1 && tag.name === this.#layout.type) {
          hasDataset = true;
          this.#timeValues ??= readTimeValues(tag);
        }
        await this.#open(tag);
      }
      if (this.#appended !== undefined) break;
    }
    if (!hasDataset) throw this.#error(`has no <${this.#layout.type}> element`, 0);
    if (this.#appended !== undefined && this.#options.headOnly !== true)
      await checkFileEnd(this.#window.file, this.#path, this.#window.signal);
    return {
      layout: this.#layout,
      pieces: this.#pieces,
      fieldData: this.#fieldData,
      declared: this.#declared,
      extras: this.#extras.found,
      appended: this.#appended,
      ...(this.#timeValues && { timeValues: this.#timeValues }),
    };
  }

  #close(tag: XmlTag): void {
    const expected = this.#stack.pop();
    if (tag.name !== expected)
      throw this.#error(`has </${tag.name}> where </${expected}> belongs`, tag.offset);
  }

  async #open(tag: XmlTag): Promise<void> {
    const parent = this.#stack.at(-1);
    if (tag.kind === 'open') {
      if (this.#stack.length === MAX_DEPTH)
        throw this.#error(`is nested deeper than ${MAX_DEPTH} tags`, tag.offset);
      this.#stack.push(tag.name);
    }
    if (tag.name === 'Piece' && parent === this.#layout.type) {
      this.#pieces.push(this.#piece(tag));
      this.#kept++;
    } else if (tag.name === 'DataArray' || tag.name === 'Array') await this.#array(tag, parent);
    else if (tag.name === 'PDataArray' || tag.name === 'PArray') this.#declare(tag, parent);
    else if (tag.name === 'PointData' || tag.name === 'CellData') {
      if (parent === 'Piece') this.#pieces.at(-1)?.active.set(tag.name, tag.attributes);
    } else if (tag.name === 'PPointData' || tag.name === 'PCellData') {
      this.#declared.active.set(tag.name.slice(1), tag.attributes);
    } else if (tag.name === 'InformationKey' && this.#last !== undefined) {
      this.#extras.information(this.#last.on, this.#last.name, tag);
    } else if (tag.name === 'AppendedData' && parent === 'VTKFile') await this.#appendedData(tag);
  }

  #piece(tag: XmlTag): OpenPiece {
    const number = (name: string): number => readCount(tag, name, this.#path) ?? 0;
    const counts = {
      points: number('NumberOfPoints'),
      verts: number('NumberOfVerts'),
      lines: number('NumberOfLines'),
      strips: number('NumberOfStrips'),
      polys: number('NumberOfPolys'),
    };
    const cells =
      this.#layout.type === 'PolyData'
        ? counts.verts + counts.lines + counts.strips + counts.polys
        : number('NumberOfCells');
    return {
      tagOffset: tag.offset,
      counts: { ...counts, cells },
      sections: new Map(),
      active: new Map(),
      source: tag.attributes.get('Source'),
    };
  }

  #declare(tag: XmlTag, parent: string | undefined): void {
    if (parent === 'PPoints') this.#declared.pointType ??= declaredArray(tag).type;
    const name = tag.attributes.get('Name');
    if (name === undefined || (parent !== 'PPointData' && parent !== 'PCellData')) return;
    const group = this.#declared[parent === 'PPointData' ? 'PointData' : 'CellData'];
    if (group.has(name)) return;
    group.set(name, declaredArray(tag));
    this.#kept++;
  }

  async #array(tag: XmlTag, parent: string | undefined): Promise<void> {
    const depth = this.#stack.length - (tag.kind === 'open' ? 1 : 0);
    const info = await this.#arrayInfo(tag);
    let group: Map<string, ArrayInfo> | undefined;
    if (parent === 'FieldData' && depth <= 3) group = this.#fieldData;
    else if (parent !== undefined && sectionNames.has(parent) && this.#stack[depth - 2] === 'Piece') {
      const sections = this.#pieces.at(-1)?.sections;
      group = sections?.get(parent as SectionName) ?? new Map<string, ArrayInfo>();
      sections?.set(parent as SectionName, group);
    }
    const steps = stepsOf(tag);
    const piece = this.#pieces.at(-1);
    if (steps !== undefined && group !== undefined && group !== this.#fieldData && piece !== undefined) {
      piece.timed ??= [];
      piece.timed.push({ section: parent as SectionName, steps, info });
      this.#kept++;
    }
    const on = group === undefined ? undefined : onBySection.get(parent as string);
    this.#last = on === undefined || tag.kind === 'empty' ? undefined : { on, name: info.name };
    // Some writers repeat an array once per time step; VTK shows the first.
    if (group?.has(info.name) === false) {
      group.set(info.name, info);
      this.#kept++;
      if (info.type === undefined && on !== undefined) this.#extras.unreadable(on, info);
      if (parent === 'Points') this.#extras.points(info);
    } else if (on !== undefined) this.#extras.repeated(on, info.name);
  }

  async #arrayInfo(tag: XmlTag): Promise<ArrayInfo> {
    const name = tag.attributes.get('Name') ?? '';
    const place = { path: this.#path, offset: tag.offset, array: name };
    const statedType = tag.attributes.get('type') ?? '';
    const type = findArrayType(statedType);
    const offsetText = tag.attributes.get('offset');
    const offset = offsetText === undefined ? undefined : readOffset(tag, this.#window.file.size);
    const stated = readChoice(tag, 'format', formats, this.#path);
    // What has an offset and no text is appended to VTK whatever its format says.
    const isAppended = offset !== undefined && tag.kind === 'empty';
    const format = isAppended ? 'appended' : (stated ?? (offsetText === undefined ? 'ascii' : 'appended'));
    // VTK takes 0 components as 1.
    const components = readCount(tag, 'NumberOfComponents', this.#path) || 1;
    let start = tag.end;
    let end = 0;
    if (format === 'appended') {
      start = offset ?? -1;
      if (start < 0) {
        throw new FormatError(
          `has offset="${offsetText?.slice(0, 40) ?? ''}", which is not in the file`,
          place,
        );
      }
    } else if (tag.kind === 'open') {
      this.#options.onInline?.(true);
      start = await this.#window.skipSpace(tag.end);
      end = await findInlineEnd(this.#window, start, format, this.#layout);
      this.#options.onInline?.(false);
      if (end < 0) throw new FormatError('ends inside the data of an array: the file is cut', place);
      this.#scanner.position = end;
    } else end = start;
    return {
      name,
      type,
      statedType,
      components,
      tuples: readCount(tag, 'NumberOfTuples', this.#path),
      details: arrayDetails(tag, type, components),
      range: statedRange(tag),
      format,
      start,
      end,
      tagOffset: tag.offset,
    };
  }

  async #appendedData(tag: XmlTag): Promise<void> {
    const encoding = readChoice(tag, 'encoding', ['raw', 'base64'], this.#path) ?? 'base64';
    if (tag.kind === 'empty') return;
    const underscore = await this.#window.skipSpace(tag.end);
    const [byte] = await this.#window.at(underscore, 1);
    if (byte !== 95) throw this.#error('has AppendedData without the "_" before its data', underscore);
    this.#appended = { encoding, start: underscore + 1 };
  }

  #error(problem: string, offset: number): FormatError {
    return new FormatError(problem, { path: this.#path, offset });
  }
}
