import type { CheckedText } from './checked-text.ts';

/** Bytes of a piece, unless a record has more. */
const PIECE_BYTES = 2 ** 18;

const LINE_FEED_CODE = 10;
const RETURN_CODE = 13;
const QUOTE_CODE = 34;

/** Piece of a table as text: whole records. */
interface CsvPiece {
  readonly text: string;
  /** Line on which it begins, from 1. */
  readonly line: number;
}

/**
 * Cuts a table behind line feeds that stand in no field, so that it need not be decoded in one go. These are those with an
 * even number of quotes before them, unless a quote is in the wrong place: then that is what the reader of the piece finds.
 */
export function* csvPieces({ bytes, encoding }: CheckedText): Generator<CsvPiece, void, void> {
  let line = 1;
  for (let start = 0; start < bytes.byteLength; ) {
    const end = endOfPiece(bytes, start);
    yield { text: bytes.toString(encoding, start, end), line };
    line += countLines(bytes.subarray(start, end));
    start = end;
  }
}

function endOfPiece(bytes: Buffer, start: number): number {
  let quotes = 0;
  for (let from = start, least = start + PIECE_BYTES; ; least = from) {
    const cut = bytes.indexOf(LINE_FEED_CODE, least);
    if (cut < 0) return bytes.byteLength;
    quotes += count(bytes, QUOTE_CODE, from, cut);
    from = cut + 1;
    if (quotes % 2 === 0) return from;
  }
}

/** Counts lines, which end in LF, CRLF or CR; what is behind the last of these is none. */
function countLines(piece: Buffer): number {
  let lines = count(piece, LINE_FEED_CODE, 0, piece.byteLength);
  for (let at = piece.indexOf(RETURN_CODE); at >= 0; at = piece.indexOf(RETURN_CODE, at + 1)) {
    if (piece[at + 1] !== LINE_FEED_CODE) lines++;
  }
  return lines;
}

function count(bytes: Buffer, sign: number, start: number, end: number): number {
  let found = 0;
  for (let at = start; at < end; at++) if (bytes[at] === sign) found++;
  return found;
}
