import { loadOnce } from '../../core/load-once.ts';
import type { Mesh, RandomAccess } from '../../core/mesh.ts';
import {
  type ArrayWish,
  type MeshFile,
  type MeshHeader,
  NoPlan,
  type OpenMeshOptions,
  type PlanReason,
  type ReadArray,
  type ReadMeshFileOptions,
} from '../../core/mesh-format.ts';
import type { ReadPlan } from '../../core/read-plan.ts';
import type { ReadOptions } from '../../core/source.ts';
import { checkFileEnd } from './file-end.ts';
import { FileWindow } from './file-window.ts';
import { readHeader } from './header.ts';
import type { VtkXmlHeader } from './header-model.ts';
import { summarize, timeOf } from './header-summary.ts';
import { readArrays, readFile } from './read.ts';
import type { OpenedVtkXml } from './read-pieces.ts';
import { headerOfStep } from './step-header.ts';

/** Loader of the code that plans reads, which threads that decode and pages do without. */
const loadPlanning = loadOnce(() => import('./plan.ts'));

/**
 * Opens a VTK XML file; what it is, is told by its content.
 *
 * @throws FormatError when the file is no VTK XML file of a type that is read here, or is cut
 * @throws NoPlan with `planOnly`, where data between tags reach beyond what can be read
 */
export async function open(file: RandomAccess, options: OpenMeshOptions): Promise<MeshFile> {
  const { path, head, parsed, planOnly = false, timeStep, signal } = options;
  const window = new FileWindow(file, signal, head);
  const header =
    parsed === undefined
      ? await (planOnly ? readHeaderAlone(window, path) : readHeader(window, path))
      : (parsed as VtkXmlHeader);
  const read = timeStep === undefined ? header : headerOfStep(header, timeStep);
  const opened = new VtkXmlFile(window, { parsed: header, read }, path, parsed === undefined && !planOnly);
  if (!planOnly) await opened.checkEnd(signal);
  return opened;
}

/** Reads a header without what tells whether the file is cut. */
async function readHeaderAlone(window: FileWindow, path: string): Promise<VtkXmlHeader> {
  let isInside = false;
  const onInline = (inside: boolean): void => {
    isInside = inside;
  };
  try {
    return await readHeader(window, path, { headOnly: true, onInline });
  } catch (cause) {
    window.signal?.throwIfAborted();
    throw isInside ? new NoPlan('inline', { cause }) : cause;
  }
}

/** VTK XML file whose header is known. */
class VtkXmlFile implements MeshFile {
  readonly parsed: VtkXmlHeader;
  readonly #read: VtkXmlHeader;
  readonly #file: RandomAccess;
  readonly #path: string;
  /** Window in which the header was read: small files are in it as a whole. */
  #window: FileWindow | undefined;
  #header: MeshHeader | undefined;
  #isEndChecked: boolean;

  /** @param headers - all of the file's, and of what is read of it */
  constructor(
    window: FileWindow,
    headers: { readonly parsed: VtkXmlHeader; readonly read: VtkXmlHeader },
    path: string,
    isEndChecked: boolean,
  ) {
    this.#file = window.file;
    this.#window = window;
    this.parsed = headers.parsed;
    this.#read = headers.read;
    this.#path = path;
    this.#isEndChecked = isEndChecked;
  }

  get header(): MeshHeader {
    this.#header ??= summarize(this.#read, this.#file.size);
    return this.#header;
  }

  get references(): readonly string[] {
    return this.header.pieceFiles;
  }

  get time(): MeshFile['time'] {
    return timeOf(this.parsed);
  }

  async plan({ signal, ...wish }: ArrayWish & ReadOptions): Promise<ReadPlan | PlanReason> {
    return (await loadPlanning()).planStretches(this.#file, this.#read, wish, signal);
  }

  async read(options: ReadMeshFileOptions): Promise<Mesh> {
    return readFile(await this.#opened(options.signal), options);
  }

  async *arrays(
    options: Pick<ArrayWish, 'attributes'> & Pick<ReadMeshFileOptions, 'maxExpansion' | 'buffers' | 'signal'>,
  ): AsyncGenerator<ReadArray, void, void> {
    const { attributes, signal } = options;
    yield* readArrays(await this.#opened(signal), attributes && new Set(attributes), options);
  }

  /** @throws FormatError when the file is cut */
  async checkEnd(signal: AbortSignal | undefined): Promise<void> {
    if (this.#isEndChecked) return;
    if (this.parsed.appended !== undefined) await checkFileEnd(this.#file, this.#path, signal);
    this.#isEndChecked = true;
  }

  async #opened(signal: AbortSignal | undefined): Promise<OpenedVtkXml> {
    signal?.throwIfAborted();
    const window = this.#window;
    this.#window = undefined;
    await this.checkEnd(signal);
    return {
      file: this.#file,
      window: window !== undefined && window.signal === signal ? window : new FileWindow(this.#file, signal),
      header: this.#read,
      path: this.#path,
    };
  }
}
