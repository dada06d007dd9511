import { hash } from 'node:crypto';

/** Identity of a cached file: what it is a copy of. Two copies with the same key hold the same bytes. */
export interface CacheKey {
  /** Name of the source: its `Source.id`. */
  readonly source: string;
  /** Path inside the source. */
  readonly path: string;
  /** Version of the file: its `FileEntry.version`. */
  readonly version: string;
}

/** Extensions that objects keep, since readers go by them; any other file is a `.bin`. */
const EXTENSIONS = ['.vtu', '.vtp', '.pvtu', '.pvtp', '.vtk', '.json', '.safetensors'];

/** Form of an object's name: 40 hexadecimal digits and an extension of the list. */
export const OBJECT_NAME: RegExp = /^[0-9a-f]{40}\.(?:vtu|vtp|pvtu|pvtp|vtk|json|safetensors|bin)$/;

/** Names of keys that were asked for before: each is asked for several times on the way of its file. */
const names = new WeakMap<CacheKey, string>();

/**
 * Makes the name under which the file of `key` is kept. It follows from a digest alone, so that no text of a
 * remote system (`../`, `CON`, 4 KiB of anything) ever reaches the file system. Each part is hashed as UTF-16
 * behind its length, so that different keys never run together.
 */
export function objectName(key: CacheKey): string {
  const known = names.get(key);
  if (known !== undefined) return known;
  const name = makeName(key);
  names.set(key, name);
  return name;
}

function makeName({ source, path, version }: CacheKey): string {
  const text = `${source.length}:${source}${path.length}:${path}${version.length}:${version}`;
  const digest = hash('sha256', Buffer.from(text, 'utf16le'), 'hex');
  return digest.slice(0, 40) + extensionOf(path);
}

function extensionOf(path: string): string {
  const lower = path.toLowerCase();
  return EXTENSIONS.find((extension) => lower.endsWith(extension)) ?? '.bin';
}
