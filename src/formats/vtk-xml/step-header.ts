import type { ArrayInfo, PieceInfo, VtkXmlHeader } from './header-model.ts';
import type { XmlTag } from './xml-scanner.ts';

/** Reads for which time steps a tag has an array; undefined where it is for all. */
export function stepsOf({ attributes }: XmlTag): readonly number[] | undefined {
  const stated = attributes.get('TimeStep')?.trim();
  if (stated === undefined || stated === '') return undefined;
  return stated.split(/\s+/).map(Number);
}

/**
 * Makes the header of a file at one of its time steps, as if it had no other: arrays that are there for others are not
 * among those of its pieces.
 */
export function headerOfStep(header: VtkXmlHeader, step: number): VtkXmlHeader {
  const extras = header.extras.filter(({ reason }) => reason !== 'steps');
  return { ...header, extras, pieces: header.pieces.map((piece) => pieceOfStep(piece, step)) };
}

function pieceOfStep(piece: PieceInfo, step: number): PieceInfo {
  const { timed = [] } = piece;
  if (timed.length === 0) return piece;
  const found = new Map<string, ArrayInfo | undefined>();
  for (const { section, steps, info } of timed) {
    const key = `${section} ${info.name}`;
    if (found.get(key) === undefined) found.set(key, steps.includes(step) ? info : undefined);
  }
  const sections = [...piece.sections].map(([section, arrays]) => {
    const own = [...arrays].flatMap(([name, info]): [string, ArrayInfo][] => {
      const key = `${section} ${name}`;
      const there = found.has(key) ? found.get(key) : info;
      return there === undefined ? [] : [[name, there]];
    });
    return [section, new Map(own)] as const;
  });
  return { ...piece, sections: new Map(sections), timed: [] };
}
