/** Symbol by which Node.js asks an object how it is shown. */
const INSPECT = Symbol.for('nodejs.util.inspect.custom');

/** Elements that are shown of an array, as Node.js does. */
const MAX_SHOWN = 100;

/**
 * Makes an array that cannot be changed and whose elements are made when they are looked at. An element is the same
 * whenever it is looked at, as long as somebody has it. Of one that nobody has a weak reference is left, once the
 * synchronous code that looked at it has ended.
 */
export function lazyArray<Item extends object>(
  length: number,
  make: (index: number) => Item,
): readonly Item[] {
  const made: (WeakRef<Item> | undefined)[] = [];
  const target: Item[] = [];
  target.length = length;
  const elementAt = (index: number): Item => {
    const known = made[index]?.deref();
    if (known !== undefined) return known;
    const item = make(index);
    made[index] = new WeakRef(item);
    return item;
  };
  const indexOf = (key: string | symbol): number | undefined => {
    if (typeof key === 'symbol') return undefined;
    const index = Number(key);
    // "01" and "1.0" are no names of elements.
    return Number.isInteger(index) && index >= 0 && index < length && String(index) === key
      ? index
      : undefined;
  };
  // Node.js looks at the target to show a proxy.
  const shown = (): Item[] => {
    const items = Array.from({ length: Math.min(length, MAX_SHOWN) }, (_, index) => elementAt(index));
    items.length = length;
    return items;
  };
  Object.defineProperty(target, INSPECT, { value: shown });
  return new Proxy(target, {
    get(all, key) {
      const index = indexOf(key);
      return index === undefined ? Reflect.get(all, key) : elementAt(index);
    },
    has: (all, key) => indexOf(key) !== undefined || Reflect.has(all, key),
    ownKeys: (all) => [...Array.from({ length }, (_, index) => String(index)), ...Reflect.ownKeys(all)],
    getOwnPropertyDescriptor(all, key) {
      const index = indexOf(key);
      if (index === undefined) return Reflect.getOwnPropertyDescriptor(all, key);
      return { value: elementAt(index), writable: false, enumerable: true, configurable: true };
    },
    set: () => false,
    defineProperty: () => false,
    deleteProperty: () => false,
    preventExtensions: () => false,
  });
}
