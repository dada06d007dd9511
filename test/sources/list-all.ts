import type { LeftOut, Source } from '../../src/core/source.ts';

/** Paths that a listing gives, in its order, and what it left out, sorted. */
export interface Listed {
  readonly paths: string[];
  readonly leftOut: LeftOut[];
}

/** Lists a source to its end. */
export async function listAll(source: Source, prefix?: string): Promise<Listed> {
  const leftOut: LeftOut[] = [];
  const paths: string[] = [];
  const onLeftOut = (each: LeftOut): void => void leftOut.push(each);
  for await (const { path } of source.list({ prefix, onLeftOut })) paths.push(path);
  return { paths, leftOut: leftOut.toSorted((a, b) => (a.path < b.path ? -1 : 1)) };
}
