/** Most characters of a value that a message shows. */
const MAX_SHOWN_CHARACTERS = 80;
/** Most characters of a text in quotes, some of which take six. */
const MAX_QUOTED_CHARACTERS = 120;
/** Most characters of a path that a message shows: with what is said of it, it stays below 300. */
const MAX_PATH_CHARACTERS = 180;
/** Characters that end a line somewhere, or are not seen; JSON keeps some of them as they are. */
const CONTROLS = /[\p{Cc}\p{Zl}\p{Zp}]+/gu;

/**
 * Writes a text that shows in a message which value was given, in at most some 120 characters however large it is:
 * texts in quotes and cut, of arrays, bytes and objects only what they are.
 */
export function showValue(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return showText(value);
    case 'function':
      return 'a function';
    case 'symbol':
      return 'a symbol';
    case 'object':
      return value === null ? 'null' : showAnyObject(value);
    default:
      return shorten(String(value));
  }
}

/** Shortens a text without quotes: cut in the middle where it is long, so that both of its ends are seen. */
export function shorten(text: string, most: number = MAX_SHOWN_CHARACTERS): string {
  if (text.length <= most) return text;
  const behind = Math.floor(most / 4);
  // Neither half of a character that takes two units.
  const begin = text.slice(0, most - behind - 1).replace(/[\uD800-\uDBFF]$/, '');
  return `${begin}…${text.slice(-behind).replace(/^[\uDC00-\uDFFF]/, '')}`;
}

/**
 * Shortens a path: as {@link shorten}, with more of it, since both the folder and the file tell what was meant, and on one
 * line.
 */
export function shortenPath(path: string): string {
  return onOneLine(shorten(path, MAX_PATH_CHARACTERS));
}

/** Puts a text on one line: a space in the place of what ends a line, or is not seen. */
export function onOneLine(text: string): string {
  return text.replaceAll(CONTROLS, ' ');
}

/** Lists names in quotes, of many only the first ones and how many there are. */
export function showNames(names: readonly string[], most = 12): string {
  const shown = names.slice(0, most).map((name) => `"${shorten(name)}"`);
  return names.length > most ? `${shown.join(', ')}, … (${names.length} in all)` : shown.join(', ');
}

function showText(text: string): string {
  const quoted = onOneLine(shorten(JSON.stringify(shorten(text)), MAX_QUOTED_CHARACTERS));
  return text.length > MAX_SHOWN_CHARACTERS ? `${quoted} (${text.length} characters)` : quoted;
}

/** Shows an object, also one that throws whatever it is asked. */
function showAnyObject(value: object): string {
  try {
    return showObject(value);
  } catch {
    return 'an object';
  }
}

function showObject(value: object): string {
  if (Array.isArray(value)) return `an array of ${value.length}`;
  if (value instanceof ArrayBuffer) return `an ArrayBuffer of ${value.byteLength} bytes`;
  if (ArrayBuffer.isView(value)) return `a ${nameOf(value)} of ${value.byteLength} bytes`;
  if (value instanceof Promise) return 'a promise (await it first)';
  if (value instanceof URL) return showText(withoutLogin(value));
  const name = nameOf(value);
  return name === 'Object' ? 'an object' : `an object of ${name}`;
}

function nameOf(value: object): string {
  const { constructor } = value as { readonly constructor?: unknown };
  if (typeof constructor !== 'function' || typeof constructor.name !== 'string') return 'Object';
  return onOneLine(shorten(constructor.name)) || 'Object';
}

/** Takes out of a URL what no message shows: what stands before `@` or behind `?`. */
function withoutLogin(url: URL): string {
  return url.username === '' && url.password === '' && url.search === ''
    ? url.href
    : url.href.replace(/^([^/?#]*\/\/)[^/?#]*@/, '$1…@').replace(/\?[^#]*/, '?…');
}
