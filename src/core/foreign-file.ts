/** Beginnings of archives and compressed files, what they are, and what helps. */
const SIGNATURES: readonly (readonly [bytes: readonly number[], what: string])[] = [
  [[0x1f, 0x8b], 'is gzip-compressed; unpack it first'],
  [[0x50, 0x4b, 0x03, 0x04], 'is a ZIP archive; unpack it first'],
  [[0x50, 0x4b, 0x05, 0x06], 'is an empty ZIP archive'],
  [[0x50, 0x4b, 0x07, 0x08], 'is a part of a ZIP archive; unpack the archive first'],
  [[0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00], 'is xz-compressed; unpack it first'],
  [[0x42, 0x5a, 0x68], 'is bzip2-compressed; unpack it first'],
  [[0x28, 0xb5, 0x2f, 0xfd], 'is Zstandard-compressed; unpack it first'],
  [[0x04, 0x22, 0x4d, 0x18], 'is LZ4-compressed; unpack it first'],
  [[0x37, 0x7a, 0xbc, 0xaf, 0x27, 0x1c], 'is a 7z archive; unpack it first'],
  [[0x52, 0x61, 0x72, 0x21, 0x1a, 0x07], 'is a RAR archive; unpack it first'],
  [[0x5d, 0x00, 0x00], 'is LZMA-compressed; unpack it first'],
  [[0x1f, 0x9d], 'is compressed (.Z); unpack it first'],
  [
    [0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a],
    'is an HDF5 file (.vtkhdf, .h5), which is not read: convert it to .vtu',
  ],
  [[0x89, 0x50, 0x4e, 0x47], 'is a PNG picture'],
  [[0x25, 0x50, 0x44, 0x46], 'is a PDF document'],
];

const LESS_THAN_CODE = 60;

/** Beginning of an HTML page, comments and a declaration before it or not. */
const HTML = /^(?:<\?[^>]*\?>\s*|<!--[^]*?-->\s*)*<(?:!doctype\s+html|html)\b/i;

/** First line of a Git LFS pointer. */
const LFS_POINTER = /^version https:\/\/(?:git-lfs\.github\.com|hawser\.github\.com)\/spec\/v\d/;

/** Number of bytes that tell whether a file is a Git LFS pointer. */
const POINTER_BYTES = 64;

/** Text to say of a file that is a Git LFS pointer. */
export const LFS_POINTER_TEXT =
  'is a Git LFS pointer, not the file itself; `git lfs pull` in its repository fetches the file';

/** Tells whether a file begins as the pointer that Git LFS leaves in the place of a file. */
export function isLfsPointer(bytes: Uint8Array): boolean {
  // Nothing else begins so.
  return bytes[0] === 0x76 && LFS_POINTER.test(new TextDecoder().decode(bytes.subarray(0, POINTER_BYTES)));
}

/**
 * Tells whether a file may be XML: nothing says that it is something else, and it begins as XML does, or with white space.
 *
 * @param bytes - its first ones, 1024 or all
 */
export function mayBeXml(bytes: Uint8Array): boolean {
  if (describeForeign(bytes) !== undefined) return false;
  const head = textOf(bytes);
  return head === '' || head.startsWith('<');
}

/**
 * Tells what a file is that should be a mesh and is not, and what to do, as a sentence whose subject is the file.
 *
 * @param bytes - its first ones, 1024 or all
 * @returns undefined where nothing is known of it
 */
export function describeForeign(bytes: Uint8Array): string | undefined {
  if (bytes[0] !== LESS_THAN_CODE || bytes[1] === 0) {
    const other = describeOther(bytes);
    if (other !== undefined) return other;
  }
  const head = textOf(bytes);
  if (HTML.test(head)) return 'is an HTML page, perhaps an error or login page of a server';
  if (head.startsWith('\0')) return 'begins with NUL bytes: it was not written or copied to its end';
  if (head.startsWith('{') || head.startsWith('['))
    return 'looks like JSON, perhaps an error answer of a server';
  if (head.startsWith('# vtk DataFile')) {
    return bytes[0] === head.charCodeAt(0)
      ? 'is a legacy VTK file where one in XML belongs; convert it to VTK XML'
      : 'is a legacy VTK file with something before its "# vtk DataFile", such as an empty line or a byte order mark; remove that';
  }
  return undefined;
}

/** Decodes the beginning of a file without the white space before its text. */
function textOf(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes.subarray(0, 1024)).trimStart();
}

/** Tells what a file is by its first bytes, which are no text in UTF-8 or no XML. */
function describeOther(bytes: Uint8Array): string | undefined {
  const signature = SIGNATURES.find(([start]) => start.every((byte, at) => bytes[at] === byte));
  if (signature !== undefined) return signature[1];
  if (isLfsPointer(bytes)) return LFS_POINTER_TEXT;
  const wide = wideEncoding(bytes);
  if (wide !== undefined) return `is text in ${wide}; save it as UTF-8`;
  return isTar(bytes) ? 'is a tar archive; unpack it first' : undefined;
}

/** Finds the encoding of text whose characters take two or four bytes, with a byte order mark or by its first `<`. */
function wideEncoding(bytes: Uint8Array): string | undefined {
  const [a, b, c, d] = bytes;
  if (a === 0xff && b === 0xfe) return c === 0 && d === 0 ? 'UTF-32' : 'UTF-16 (little endian)';
  if (a === 0xfe && b === 0xff) return 'UTF-16 (big endian)';
  if (a === 0 && b === 0 && ((c === 0 && d === 0x3c) || (c === 0xfe && d === 0xff))) return 'UTF-32';
  if (a === 0x3c && b === 0) return c === 0 && d === 0 ? 'UTF-32' : 'UTF-16 (little endian)';
  return a === 0 && b === 0x3c ? 'UTF-16 (big endian)' : undefined;
}

/** Tells whether a file is a tar archive, which says so behind the name, mode, owner and size of its first file. */
function isTar(bytes: Uint8Array): boolean {
  return [0x75, 0x73, 0x74, 0x61, 0x72].every((byte, at) => bytes[257 + at] === byte);
}
