const ENTITY = /&(?:(lt|gt|amp|quot|apos)|#(\d{1,7})|#x([\da-fA-F]{1,6}));/g;
const NAMED: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" };

/**
 * Lists the files that a `.pvtu` or `.pvtp` names in the `Source` attributes of its `Piece` elements.
 *
 * @param text - the whole file; it is searched, not parsed
 */
export function listPieces(text: string): string[] {
  const pieces: string[] = [];
  for (const tag of text.matchAll(/<Piece\s[^<>]*/g)) {
    const [, quoted, single] = /\sSource\s*=\s*(?:"([^"]*)"|'([^']*)')/.exec(tag[0]) ?? [];
    const written = quoted ?? single;
    if (written !== undefined) pieces.push(decodeEntities(written));
  }
  return pieces;
}

function decodeEntities(text: string): string {
  return text.replace(ENTITY, (entity, name?: string, decimal?: string, hexadecimal?: string) => {
    if (name !== undefined) return NAMED[name] ?? entity;
    const code = decimal === undefined ? Number.parseInt(hexadecimal ?? '', 16) : Number(decimal);
    return code <= 0x10ffff ? String.fromCodePoint(code) : entity;
  });
}
