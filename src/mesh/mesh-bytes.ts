import { ConfigError, isVascuError, NotFoundError } from '../core/errors.ts';
import type { RandomAccess } from '../core/mesh.ts';
import { onOneLine, shorten, shortenPath, showValue } from '../core/show-value.ts';

/** Bytes of a mesh file that are at hand: in memory, those of a `Blob` or `File`, or what can be read anywhere. */
export type MeshBytes = Blob | ArrayBufferLike | ArrayBufferView | RandomAccess;

/** Bytes that are opened, and how messages name them. */
interface OpenedBytes {
  readonly file: RandomAccess;
  readonly name: string;
}

/** Most characters of a name where a message says much of what it gave. */
const MAX_NAME_CHARACTERS = 50;

/** Name that messages give to bytes that have none. */
const NO_NAME = 'mesh';

/**
 * Opens bytes as a file to be read anywhere; undefined for what is no {@link MeshBytes}. Objects of other realms, such
 * as frames of a page, count as well.
 */
export function openMeshBytes(given: unknown): OpenedBytes | undefined {
  if (typeof given !== 'object' || given === null) return undefined;
  try {
    return openObject(given);
  } catch (error) {
    if (isVascuError(error)) throw error;
    // Objects may throw whatever they are asked.
    return undefined;
  }
}

function openObject(given: object): OpenedBytes | undefined {
  const bytes = toBytes(given);
  if (bytes !== undefined) return { file: accessBytes(bytes), name: NO_NAME };
  if (isBlob(given)) {
    const { name } = given as Blob & { readonly name?: unknown };
    const own = typeof name === 'string' && name !== '' ? shortName(name) : NO_NAME;
    return { file: accessBlob(given, own), name: own };
  }
  const { size, read } = given as Partial<RandomAccess>;
  if (typeof size !== 'number' || typeof read !== 'function') return undefined;
  const { path } = given as { readonly path?: unknown };
  const name = typeof path === 'string' && path !== '' ? shortenPath(path) : NO_NAME;
  return { file: checkAccess(given as RandomAccess, name), name };
}

/**
 * Wraps a RandomAccess of somebody's own to look at every answer: a wrong one would be read as a broken file, or for
 * ever.
 */
function checkAccess(given: RandomAccess, name: string): RandomAccess {
  const { size } = given;
  const fault = (why: string): ConfigError =>
    new ConfigError('file', `The RandomAccess of ${shorten(name, MAX_NAME_CHARACTERS)} ${why}.`);
  if (!Number.isSafeInteger(size) || size < 0) {
    throw fault(`has the size ${size}, which must be a whole number of bytes from 0 on`);
  }
  const read: RandomAccess['read'] = async (offset, length, signal) => {
    const bytes: unknown = await given.read(offset, length, signal);
    const own = kindOf(bytes) === 'Uint8Array' ? (bytes as Uint8Array<ArrayBuffer>) : undefined;
    if (own?.byteLength === length) return own;
    const found = own === undefined ? showValue(bytes) : `${own.byteLength} bytes`;
    throw fault(
      `gave ${found} for the ${length} bytes from ${offset} on: read(offset, length) must give a Uint8Array of that length`,
    );
  };
  const { readInto } = given;
  return readInto === undefined ? { size, read } : { size, read, readInto: readInto.bind(given) };
}

/** Shortens the name of a file that has no path. */
function shortName(name: string): string {
  return onOneLine(shorten(name));
}

function toBytes(given: object): Uint8Array | undefined {
  if (ArrayBuffer.isView(given)) return new Uint8Array(given.buffer, given.byteOffset, given.byteLength);
  const kind = kindOf(given);
  return kind === 'ArrayBuffer' || kind === 'SharedArrayBuffer'
    ? new Uint8Array(given as ArrayBuffer)
    : undefined;
}

function isBlob(given: object): given is Blob {
  const kind = kindOf(given);
  return (kind === 'Blob' || kind === 'File') && typeof (given as Blob).slice === 'function';
}

function kindOf(given: unknown): string {
  return Object.prototype.toString.call(given).slice(8, -1);
}

function accessBytes(bytes: Uint8Array): RandomAccess {
  const size = bytes.byteLength;
  return {
    size,
    read: async (offset, length, signal) => {
      signal?.throwIfAborted();
      checkInside(offset, length, size);
      const own = new Uint8Array(length);
      own.set(bytes.subarray(offset, offset + length));
      return own;
    },
    readInto: async (offset, target, signal) => {
      signal?.throwIfAborted();
      checkInside(offset, target.byteLength, size);
      target.set(bytes.subarray(offset, offset + target.byteLength));
    },
  };
}

function accessBlob(blob: Blob, name: string): RandomAccess {
  const { size } = blob;
  return {
    size,
    read: async (offset, length, signal) => {
      signal?.throwIfAborted();
      checkInside(offset, length, size);
      const buffer = await blob
        .slice(offset, offset + length)
        .arrayBuffer()
        .catch((cause: unknown) => {
          throw new NotFoundError(
            `${name} cannot be read any more: it was changed, moved or removed since it was chosen. Choose it again.`,
            { cause },
          );
        });
      signal?.throwIfAborted();
      return new Uint8Array(buffer);
    },
  };
}

function checkInside(offset: number, length: number, size: number): void {
  const isCount = (value: number): boolean => Number.isSafeInteger(value) && value >= 0;
  if (isCount(offset) && isCount(length) && offset + length <= size) return;
  throw new RangeError(`Bytes ${offset} to ${offset + length} do not lie in the ${size} bytes of the mesh.`);
}

/** Tells whether a text is the content of a file in the place of its path. */
export function isMeshContent(text: string): boolean {
  return /^\s*<\?xml|^\s*<VTKFile/.test(text);
}

/** Shows what is given in the place of a file. */
export function showFile(file: unknown): string {
  return typeof file === 'string' && isMeshContent(file)
    ? `A text of ${file.length} characters that is a mesh itself`
    : showValue(file);
}

/** Makes the error for what is given in the place of a file and is none. */
export function noMeshFile(shown: string, places: string): ConfigError {
  return new ConfigError(
    'file',
    `${shown} is no mesh file: give ${places}a Blob, an ArrayBuffer, a Uint8Array or a RandomAccess.`,
  );
}
