/**
 * Characters that names on Windows cannot have, and the private ones that stand for them on the wire: the mapping
 * of Services for Macintosh, which macOS, Linux and NAS systems share.
 */
const RESERVED = new Map<string, string>([
  ['"', '\uf020'],
  ['*', '\uf021'],
  [':', '\uf022'],
  ['<', '\uf023'],
  ['>', '\uf024'],
  ['?', '\uf025'],
  ['\\', '\uf026'],
  ['|', '\uf027'],
  ...Array.from({ length: 31 }, (_, index): [string, string] => [
    String.fromCharCode(index + 1),
    String.fromCharCode(0xf001 + index),
  ]),
]);
const TRAILING = new Map<string, string>([
  [' ', '\uf028'],
  ['.', '\uf029'],
]);
const ORIGINALS = new Map([...RESERVED, ...TRAILING].map(([original, mapped]) => [mapped, original]));

/**
 * Turns a path of the source, `/` between names, into what the server takes: `\` between names, no reserved character.
 */
export function toWire(path: string): string {
  return path.split('/').map(nameToWire).join('\\');
}

function nameToWire(name: string): string {
  const mapped = name.replace(/["*:<>?\\|]|\p{Cc}/gu, (character) => RESERVED.get(character) ?? character);
  const last = TRAILING.get(mapped.at(-1) ?? '');
  return last === undefined ? mapped : mapped.slice(0, -1) + last;
}

/** Turns a name that the server sent into what the source shows. */
export function fromWire(name: string): string {
  return name.replace(/[\uf001-\uf029]/g, (character) => ORIGINALS.get(character) ?? character);
}
