import { FormatError } from '../../core/errors.ts';
import { readChoice, readCount, readOffset } from './attribute-values.ts';
import type { FileWindow } from './file-window.ts';
import {
  type ArrayInfo,
  compressors,
  datasetTypes,
  type FileLayout,
  type PieceInfo,
  type SectionName,
  type VtkXmlHeader,
} from './header-model.ts';
import { findInlineEnd } from './inline-extent.ts';
import { findArrayType } from './numeric-types.ts';
import { XmlScanner, type XmlTag } from './xml-scanner.ts';

/** Most tags that a header may have; each costs some memory. */
const MAX_TAGS = 65_536;
const MAX_DEPTH = 64;

const formats = ['ascii', 'binary', 'appended'] as const;

/** Bytes at the end of a file in which its last tag must stand. */
export const TAIL_BYTES = 1024;

/** How much of a header is read. */
export interface HeaderOptions {
  /** Leaves the end of the file unread, which tells whether it is cut. @defaultValue false */
  readonly headOnly?: boolean | undefined;
  /** Called before and after it is looked for where data between tags end. */
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

/** The range that a tag states; VTK writes a least value above the largest where there are none. */
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

/** Says what a file is that is no VTK XML file, from its first bytes. */
async function describeForeign(window: FileWindow): Promise<string | undefined> {
  if (window.file.size === 0) return 'is empty';
  const bytes = await window.at(0, 1024);
  if (bytes[0] === 0x1f && bytes[1] === 0x8b) return 'is gzip-compressed; unpack it first';
  const head = new TextDecoder().decode(bytes.subarray(0, 1024)).trimStart();
  if (/^<(!doctype\s+html|html)\b/i.test(head))
    return 'is an HTML page, perhaps an error or login page of a server';
  if (head.startsWith('{') || head.startsWith('['))
    return 'looks like JSON, perhaps an error answer of a server';
  if (head.startsWith('# vtk DataFile')) return 'is a legacy VTK file; convert it to VTK XML';
  return head.startsWith('<') ? undefined : 'is no XML file';
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
  const foreign = await describeForeign(window);
  if (foreign !== undefined) throw new FormatError(foreign, { path, offset: 0 });
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
    PointData: [] as string[],
    CellData: [] as string[],
    active: new Map<string, ReadonlyMap<string, string>>(),
  };
  #appended: VtkXmlHeader['appended'];

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
    while (this.#stack.length > 0) {
      const tag = await this.#scanner.next();
      if (tag === undefined) {
        throw this.#error(`ends before </${this.#stack.at(-1)}>: the file is cut`, this.#window.file.size);
      }
      if (++tags > MAX_TAGS) throw this.#error(`has more than ${MAX_TAGS} tags`, tag.offset);
      if (tag.kind === 'close') this.#close(tag);
      else {
        hasDataset ||= this.#stack.length === 1 && tag.name === this.#layout.type;
        await this.#open(tag);
      }
      if (this.#appended !== undefined) break;
    }
    if (!hasDataset) throw this.#error(`has no <${this.#layout.type}> element`, 0);
    if (this.#appended !== undefined && this.#options.headOnly !== true) await this.#checkTail();
    return {
      layout: this.#layout,
      pieces: this.#pieces,
      fieldData: this.#fieldData,
      declared: this.#declared,
      appended: this.#appended,
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
    if (tag.name === 'Piece' && parent === this.#layout.type) this.#pieces.push(this.#piece(tag));
    else if (tag.name === 'DataArray' || tag.name === 'Array') await this.#array(tag, parent);
    else if (tag.name === 'PDataArray' || tag.name === 'PArray') this.#declare(tag, parent);
    else if (tag.name === 'PointData' || tag.name === 'CellData') {
      if (parent === 'Piece') this.#pieces.at(-1)?.active.set(tag.name, tag.attributes);
    } else if (tag.name === 'PPointData' || tag.name === 'PCellData') {
      this.#declared.active.set(tag.name.slice(1), tag.attributes);
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
    const name = tag.attributes.get('Name');
    if (name === undefined || tag.attributes.get('type') === 'String') return;
    if (parent === 'PPointData') this.#declared.PointData.push(name);
    else if (parent === 'PCellData') this.#declared.CellData.push(name);
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
    // Some writers repeat an array once per time step; VTK shows the first.
    if (group !== undefined && !group.has(info.name)) group.set(info.name, info);
  }

  async #arrayInfo(tag: XmlTag): Promise<ArrayInfo> {
    const name = tag.attributes.get('Name') ?? '';
    const place = { path: this.#path, offset: tag.offset, array: name };
    const statedType = tag.attributes.get('type') ?? '';
    const offsetText = tag.attributes.get('offset');
    const offset = offsetText === undefined ? undefined : readOffset(tag, this.#window.file.size);
    const stated = readChoice(tag, 'format', formats, this.#path);
    // What has an offset and no text is appended to VTK whatever its format says.
    const isAppended = offset !== undefined && tag.kind === 'empty';
    const format = isAppended ? 'appended' : (stated ?? (offsetText === undefined ? 'ascii' : 'appended'));
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
      type: findArrayType(statedType),
      statedType,
      // VTK takes 0 components as 1.
      components: readCount(tag, 'NumberOfComponents', this.#path) || 1,
      tuples: readCount(tag, 'NumberOfTuples', this.#path),
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

  /** A file whose last tag is missing was not written or copied to its end. */
  async #checkTail(): Promise<void> {
    const { file } = this.#window;
    const from = Math.max(0, file.size - TAIL_BYTES);
    const tail = new TextDecoder('latin1').decode(await file.read(from, file.size - from));
    if (!/<\/VTKFile\s*>/.test(tail)) throw this.#error('ends before </VTKFile>: the file is cut', file.size);
  }

  #error(problem: string, offset: number): FormatError {
    return new FormatError(problem, { path: this.#path, offset });
  }
}
