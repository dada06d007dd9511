import type { ColumnReader, ColumnWriter } from './column-file.ts';

/** Most shapes of objects, and most names of all of them together: an object of another shape is stored with its names. */
const MAX_SHAPES = 2 ** 12;
const MAX_NAMES = 2 ** 16;

/** Names of an object, in their order. */
export interface RowShape {
  readonly number: number;
  readonly names: readonly string[];
  /** True where a name is one that cannot be assigned. */
  readonly isOdd: boolean;
}

/** Node of the tree of names: what names lead here, and which go on. */
interface ShapeNode {
  shape: RowShape | undefined;
  readonly next: Map<string, ShapeNode>;
}

/** Shapes of objects: each list of names is stored once. */
export class RowShapes {
  readonly #shapes: RowShape[] = [];
  readonly #root: ShapeNode = { shape: undefined, next: new Map() };
  #names = 0;
  #last: RowShape | undefined;

  /** Finds or adds the shape of names; undefined where there are too many. */
  of(names: readonly string[]): RowShape | undefined {
    // Rows of a table are mostly alike.
    if (this.#last !== undefined && isSame(this.#last.names, names)) return this.#last;
    const known = this.#find(names);
    if (known !== undefined) this.#last = known;
    return known;
  }

  at(number: number): RowShape {
    return this.#shapes[number] as RowShape;
  }

  save(to: ColumnWriter): void {
    to.fact(this.#shapes.map(({ names }) => names));
  }

  /** Fills an empty table with what {@link RowShapes.save} has written. */
  load(from: ColumnReader): void {
    for (const names of from.fact() as string[][]) this.#find(names);
  }

  #find(names: readonly string[]): RowShape | undefined {
    let node = this.#root;
    const isFull = this.#shapes.length >= MAX_SHAPES || this.#names + names.length > MAX_NAMES;
    for (const name of names) {
      let next = node.next.get(name);
      if (next === undefined) {
        if (isFull) return undefined;
        next = { shape: undefined, next: new Map() };
        node.next.set(name, next);
      }
      node = next;
    }
    if (node.shape === undefined && !isFull) {
      node.shape = { number: this.#shapes.length, names: [...names], isOdd: names.includes('__proto__') };
      this.#shapes.push(node.shape);
      this.#names += names.length;
    }
    return node.shape;
  }
}

/** Says whether names are the same ones in the same order. */
export function isSame(one: readonly string[], other: readonly string[]): boolean {
  if (one === other) return true;
  if (one.length !== other.length) return false;
  for (let at = 0; at < one.length; at++) if (one[at] !== other[at]) return false;
  return true;
}
