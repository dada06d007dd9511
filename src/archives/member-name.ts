/** Longest name that a member may have, bytes. */
const MAX_NAME_BYTES = 4096;

/** Upper half of code page 437, in which ZIP names without any mark of their encoding are written. */
const CP437 =
  'ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜ¢£¥₧ƒáíóúñÑªº¿⌐¬½¼¡«»░▒▓│┤╡╢╖╕╣║╗╝╜╛┐└┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■\u00a0';

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Decodes bytes as UTF-8; undefined where they are none. */
export function decodeUtf8(bytes: Uint8Array): string | undefined {
  try {
    return utf8.decode(bytes);
  } catch {
    return undefined;
  }
}

/** Decodes bytes as code page 437. */
export function decodeCp437(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += byte < 128 ? String.fromCharCode(byte) : CP437[byte - 128];
  return text;
}

const SPACE_BYTE = 0x20;
const DOT_BYTE = 0x2e;
const SLASH_BYTE = 0x2f;
const COLON_BYTE = 0x3a;
const BACKSLASH_BYTE = 0x5c;
const UNDERSCORE_BYTE = 0x5f;
const TILDE_BYTE = 0x7e;

/**
 * Tells whether a name is its own path at first sight, as nearly all are: of printable ASCII without a `\\` or a `:`, its
 * parts not empty and none that begins like `..`, a hidden file or `__MACOSX`. Of others the long way tells.
 */
export function isPlainName(bytes: Uint8Array, start: number, end: number): boolean {
  if (end - start > MAX_NAME_BYTES) return false;
  let before = SLASH_BYTE;
  for (let at = start; at < end; at++) {
    const byte = bytes[at] as number;
    if (byte < SPACE_BYTE || byte > TILDE_BYTE || byte === BACKSLASH_BYTE || byte === COLON_BYTE)
      return false;
    if (before === SLASH_BYTE && (byte === SLASH_BYTE || byte === DOT_BYTE || byte === UNDERSCORE_BYTE))
      return false;
    before = byte;
  }
  return before !== SLASH_BYTE;
}

/** Reason for which a member is passed over. */
export type PassedOver =
  /** Kept by a system for itself. */
  | 'system-folder'
  /** Leads elsewhere. */
  | 'link'
  /** Leads out of the archive, or is no name that a file can have. */
  | 'outside'
  /** Hidden files of macOS, which nobody asks for. */
  | 'hidden';

/**
 * Makes the path inside an archive of the name of a member: names joined by `/`, none of them empty, `.` or `..`.
 *
 * @returns undefined where the name leads out of the archive (`..`, absolute, a drive), holds a NUL, is empty or is longer
 *   than 4 KiB
 */
export function memberPath(name: string, bytes: number = name.length): string | undefined {
  if (bytes > MAX_NAME_BYTES || name.includes('\0')) return undefined;
  if (/^[/\\]|^[A-Za-z]:/.test(name)) return undefined;
  // On Windows a "\" is as good as a "/".
  if (name.split(/[/\\]/).includes('..')) return undefined;
  if (isPlain(name)) return name;
  const path = name
    .split('/')
    .filter((part) => part !== '' && part !== '.')
    .join('/');
  return path === '' ? undefined : path;
}

function isPlain(name: string): boolean {
  return name !== '' && !name.includes('//') && !/(?:^|\/)\.?(?:\/|$)/.test(name);
}

/** Tells the reason to pass over a member of this path, by its path alone; undefined where there is none. */
export function passedOverByName(path: string): 'system-folder' | 'hidden' | undefined {
  if (path.startsWith('__MACOSX/') || path.includes('/__MACOSX/')) return 'system-folder';
  const base = path.slice(path.lastIndexOf('/') + 1);
  return base === '.DS_Store' || base.startsWith('._') ? 'hidden' : undefined;
}
