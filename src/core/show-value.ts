/** Most characters of a value that a message shows. */
const MAX_SHOWN_CHARACTERS = 80;
/** Most characters of a path that a message shows. */
const MAX_PATH_CHARACTERS = 300;

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
      return value === null ? 'null' : showObject(value);
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

/** Shortens a path: as {@link shorten}, with more of it, since both the folder and the file tell what was meant. */
export function shortenPath(path: string): string {
  return shorten(path, MAX_PATH_CHARACTERS);
}

/** Lists names in quotes, of many only the first ones and how many there are. */
export function showNames(names: readonly string[], most = 12): string {
  const shown = names.slice(0, most).map((name) => `"${shorten(name)}"`);
  return names.length > most ? `${shown.join(', ')}, … (${names.length} in all)` : shown.join(', ');
}

function showText(text: string): string {
  const quoted = JSON.stringify(shorten(text));
  return text.length > MAX_SHOWN_CHARACTERS ? `${quoted} (${text.length} characters)` : quoted;
}

function showObject(value: object): string {
  if (Array.isArray(value)) return `an array of ${value.length}`;
  if (value instanceof ArrayBuffer) return `an ArrayBuffer of ${value.byteLength} bytes`;
  if (ArrayBuffer.isView(value)) return `a ${nameOf(value)} of ${value.byteLength} bytes`;
  if (value instanceof Promise) return 'a promise (await it first)';
  if (value instanceof URL) return showText(withoutLogin(value));
  const name = nameOf(value);
  return name === 'Object' ? 'an object' : `an object of ${shorten(name)}`;
}

function nameOf(value: object): string {
  const { constructor } = value as { readonly constructor?: unknown };
  return typeof constructor === 'function' && constructor.name !== '' ? constructor.name : 'Object';
}

/** Takes out of a URL what no message shows: what stands before `@` or behind `?`. */
function withoutLogin(url: URL): string {
  return url.username === '' && url.password === '' && url.search === ''
    ? url.href
    : url.href.replace(/^([^/?#]*\/\/)[^/?#]*@/, '$1…@').replace(/\?[^#]*/, '?…');
}
