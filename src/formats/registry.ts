import { FormatError } from '../core/errors.ts';
import { describeForeign } from '../core/foreign-file.ts';
import type { ParsedHeader, RandomAccess } from '../core/mesh.ts';
import type { MeshFile, MeshFormat, OpenMeshOptions } from '../core/mesh-format.ts';
import { resolveSibling } from '../core/safe-path.ts';
import { vtkLegacy } from './vtk-legacy/format.ts';
import { vtkXml } from './vtk-xml/format.ts';

/** Formats that are read: of several that recognize a file the first. */
const FORMATS: readonly MeshFormat[] = [vtkXml, vtkLegacy];

/** Extensions of the files that are mesh files to listings: lower case, with the dot. What a file is, its content tells. */
export const MESH_EXTENSIONS: readonly string[] = FORMATS.flatMap(({ extensions }) => extensions);

/** Extensions of those of them that name the files in which their pieces lie. */
export const COLLECTION_EXTENSIONS: readonly string[] = FORMATS.flatMap(
  ({ collections = [] }) => collections,
);

/** Bytes by which a format recognizes a file. */
const RECOGNIZED_BYTES = 1024;

/** Bytes that are read to tell the format; most headers end within. */
const HEAD_BYTES = 64 * 1024;

/** Bytes of a file of no known format that its error shows. */
const SHOWN_BYTES = 16;

/** Says whether `path` names a mesh file, by its extension in any case. */
export function isMeshPath(path: string): boolean {
  return endsIn(path, MESH_EXTENSIONS);
}

/** Says whether `path` names a file that only says where others lie, by its extension in any case. */
export function isCollection(path: string): boolean {
  return endsIn(path, COLLECTION_EXTENSIONS);
}

/** Says whether `path` names a file in which a graph is stored, by its extension in any case. */
export function isGraphPath(path: string): boolean {
  return path.toLowerCase().endsWith('.safetensors');
}

/**
 * Lists the files that a file names, each once.
 *
 * @param content - all of the file; also of a broken one
 * @param path - of the file inside the source
 * @returns paths inside the source; files outside of it are left out
 */
export function listReferences(content: Uint8Array, path: string): string[] {
  const format = recognize(content);
  const named = format?.references?.(content) ?? [];
  const inside = named.map((name) => resolveSibling(path, name)).filter((each) => each !== undefined);
  return [...new Set(inside)];
}

/** Begins to load the code of the format that the name of a file says, which is wanted soon; a failure is met then. */
export function preloadFormat(path: string): void {
  const likely = FORMATS.find(({ extensions }) => endsIn(path, extensions));
  likely?.load().catch(() => undefined);
}

/** Options of {@link openMesh}. */
export interface OpenAnyMeshOptions extends Pick<OpenMeshOptions, 'path' | 'planOnly' | 'signal'> {
  /** Header of the same file by {@link parsedOf}, from this thread or another. @defaultValue undefined: it is read */
  readonly parsed?: ParsedHeader | undefined;
}

/**
 * Opens a mesh file of any format, which its content tells, whatever its name.
 *
 * @throws FormatError when it is of no format that is read, or not as its format requires
 * @throws NoPlan with `planOnly`, where nothing but all of the file tells where its arrays lie
 */
export async function openMesh(file: RandomAccess, options: OpenAnyMeshOptions): Promise<MeshFile> {
  const { path, planOnly, parsed, signal } = options;
  signal?.throwIfAborted();
  const known = parsed && FORMATS.find(({ name }) => name === parsed.format);
  if (known !== undefined) {
    const { open } = await known.load();
    return open(file, { path, planOnly, parsed: parsed?.value, signal });
  }
  // Loaded while the head is read, where the name is right.
  preloadFormat(path);
  const head = await file.read(0, Math.min(HEAD_BYTES, file.size), signal);
  const format = recognize(head);
  if (format === undefined) throw new FormatError(describeUnknown(head), { path, offset: 0 });
  const { open } = await format.load();
  return open(file, { path, planOnly, head, signal });
}

/** Takes from an opened file what opens it again without its header being read. */
export function parsedOf(file: MeshFile): ParsedHeader {
  return { format: file.header.format, value: file.parsed };
}

function recognize(head: Uint8Array): MeshFormat | undefined {
  const first = head.subarray(0, RECOGNIZED_BYTES);
  return first.length === 0 ? undefined : FORMATS.find((format) => format.recognize(first));
}

/** Says what a file is that no format recognizes, as a sentence whose subject is the file. */
function describeUnknown(head: Uint8Array): string {
  if (head.length === 0) return 'is empty';
  const foreign = describeForeign(head.subarray(0, RECOGNIZED_BYTES));
  if (foreign !== undefined) return foreign;
  const names = FORMATS.map(({ name }) => name).join(', ');
  return `is of none of the formats that are read (${names}): it begins with ${showBytes(head.subarray(0, SHOWN_BYTES))}`;
}

function showBytes(bytes: Uint8Array): string {
  const isText = bytes.every(
    (byte) => byte === 9 || byte === 10 || byte === 13 || (byte >= 32 && byte < 127),
  );
  if (isText) return JSON.stringify(new TextDecoder().decode(bytes));
  return `the bytes ${Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join(' ')}`;
}

function endsIn(path: string, extensions: readonly string[]): boolean {
  const name = path.toLowerCase();
  return extensions.some((extension) => name.endsWith(extension));
}
