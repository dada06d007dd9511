import { resolveSibling } from '../../core/safe-path.ts';

const ENTITY = /&(?:(lt|gt|amp|quot|apos)|#(\d{1,7})|#x([\da-fA-F]{1,6}));/g;
const NAMED: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" };

/** Whether `path` names a file that only says where its pieces lie. */
export function isCollection(path: string): boolean {
  return /\.pvt[up]$/i.test(path);
}

/**
 * The pieces that a `.pvtu` or `.pvtp` names in the `Source` attributes of its `Piece` elements, each once.
 *
 * @param text - the whole file; it is searched, not parsed
 * @param path - its path inside the source
 * @returns paths inside the source; pieces outside of it are left out
 */
export function listPieces(text: string, path: string): string[] {
  const pieces = new Set<string>();
  for (const tag of text.matchAll(/<Piece\s[^<>]*/g)) {
    const [, quoted, single] = /\sSource\s*=\s*(?:"([^"]*)"|'([^']*)')/.exec(tag[0]) ?? [];
    const written = quoted ?? single;
    const piece = written === undefined ? undefined : resolveSibling(path, decodeEntities(written));
    if (piece !== undefined) pieces.add(piece);
  }
  return [...pieces];
}

function decodeEntities(text: string): string {
  return text.replace(ENTITY, (entity, name?: string, decimal?: string, hexadecimal?: string) => {
    if (name !== undefined) return NAMED[name] ?? entity;
    const code = decimal === undefined ? Number.parseInt(hexadecimal ?? '', 16) : Number(decimal);
    return code <= 0x10ffff ? String.fromCodePoint(code) : entity;
  });
}
