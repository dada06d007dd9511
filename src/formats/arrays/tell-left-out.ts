import type { ArrayType } from '../../core/array-type.ts';
import type { LeftOutArray } from '../../core/mesh.ts';
import type { ArraySelection } from './wanted-values.ts';

/** Content of a file that its mesh may lack. */
interface Omissible {
  /** Things that the file has and no mesh. */
  readonly extras: readonly LeftOutArray[];
  /** Arrays over points and cells. */
  readonly sections: readonly {
    readonly on: LeftOutArray['on'];
    readonly arrays: Iterable<{ readonly name: string; readonly type: ArrayType | undefined }>;
  }[];
}

/** Tells of what a read leaves out of that which was asked for: what no mesh has, and strings that are not wanted. */
export function tellLeftOut(
  { extras, sections }: Omissible,
  { names, strings, pointArrays }: ArraySelection,
  tell: (array: LeftOutArray) => void,
): void {
  const isWanted = ({ on, name }: Pick<LeftOutArray, 'on' | 'name'>): boolean =>
    on === 'field' || ((pointArrays || on === 'cell') && names?.has(name) !== false);
  for (const extra of extras) if (isWanted(extra)) tell(extra);
  if (strings) return;
  for (const { on, arrays } of sections) {
    for (const { name, type } of arrays)
      if (type === 'String' && isWanted({ on, name })) tell({ name, on, reason: 'strings' });
  }
}
