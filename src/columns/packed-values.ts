import { parseJson } from '../core/lenient-json.ts';
import type { RowShapes } from './row-shapes.ts';
import type { SharedTexts } from './shared-texts.ts';
import { VALUE_CODES } from './value-codes.ts';

/** Object of values by their names. */
export type PackedObject = Record<string, unknown>;

/** Reader of values that a {@link ValueWriter} has written. */
export class PackedValues {
  readonly #shapes: RowShapes;
  readonly #texts: SharedTexts;
  #bytes: Buffer = Buffer.alloc(0);
  #at = 0;

  constructor(shapes: RowShapes, texts: SharedTexts) {
    this.#shapes = shapes;
    this.#texts = texts;
  }

  /** Makes the object that begins at a place. */
  read(bytes: Buffer, start: number): PackedObject {
    this.#bytes = bytes;
    this.#at = start;
    return this.#value() as PackedObject;
  }

  #value(): unknown {
    const tag = this.#bytes[this.#at++] as number;
    switch (tag) {
      case VALUE_CODES.null:
        return null;
      case VALUE_CODES.false:
        return false;
      case VALUE_CODES.true:
        return true;
      case VALUE_CODES.byte:
        return this.#bytes[this.#at++];
      case VALUE_CODES.integer:
        this.#at += 4;
        return this.#bytes.readInt32LE(this.#at - 4);
      case VALUE_CODES.double:
        this.#at += 8;
        return this.#bytes.readDoubleLE(this.#at - 8);
      case VALUE_CODES.shared:
        return this.#texts.at(this.#number());
      case VALUE_CODES.ascii:
        return this.#text('latin1', this.#number());
      case VALUE_CODES.utf16:
        return this.#text('utf16le', 2 * this.#number());
      case VALUE_CODES.array:
        return this.#array(this.#number());
      case VALUE_CODES.shaped:
        return this.#shaped(this.#number());
      case VALUE_CODES.json:
        return parseJson(this.#value() as string, '');
      default:
        return this.#object(this.#number());
    }
  }

  #array(length: number): unknown[] {
    const values: unknown[] = [];
    for (let at = 0; at < length; at++) values.push(this.#value());
    return values;
  }

  #shaped(number: number): PackedObject {
    const { names, isOdd } = this.#shapes.at(number);
    const object: PackedObject = {};
    for (const name of names) {
      if (isOdd) define(object, name, this.#value());
      else object[name] = this.#value();
    }
    return object;
  }

  #object(length: number): PackedObject {
    const object: PackedObject = {};
    for (let at = 0; at < length; at++) define(object, this.#value() as string, this.#value());
    return object;
  }

  #text(encoding: 'latin1' | 'utf16le', bytes: number): string {
    const start = this.#at;
    this.#at += bytes;
    return this.#bytes.toString(encoding, start, this.#at);
  }

  #number(): number {
    let number = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = this.#bytes[this.#at++] as number;
      number |= (byte & 127) << shift;
      if (byte < 128) return number >>> 0;
    }
  }
}

/** Gives an object a property of its own, also where its name is `__proto__`. */
function define(object: PackedObject, name: string, value: unknown): void {
  Object.defineProperty(object, name, { value, writable: true, enumerable: true, configurable: true });
}
