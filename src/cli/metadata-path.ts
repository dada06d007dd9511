import type { Metadata } from '../data.ts';

/**
 * Finds what metadata says under a name: under the key of that name, else under `a.b` what lies in `a` (as filters have
 * it), also where a key has a dot itself. In lists a number names an element.
 */
export function valueAt(metadata: Metadata, name: string): unknown {
  return lookUp(metadata, name);
}

function lookUp(container: unknown, name: string): unknown {
  if (typeof container !== 'object' || container === null) return undefined;
  if (Object.hasOwn(container, name)) return (container as Record<string, unknown>)[name];
  for (let dot = name.indexOf('.'); dot >= 0; dot = name.indexOf('.', dot + 1)) {
    const key = name.slice(0, dot);
    if (!Object.hasOwn(container, key)) continue;
    const found = lookUp((container as Record<string, unknown>)[key], name.slice(dot + 1));
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Lists the names of what lies in the objects of metadata, as `a.b`. */
export function nestedNames(metadata: Metadata): string[] {
  const names: string[] = [];
  const visit = (value: unknown, name: string, depth: number): void => {
    if (typeof value !== 'object' || value === null || Array.isArray(value) || depth > 4) return;
    for (const [key, each] of Object.entries(value)) {
      const path = name === '' ? key : `${name}.${key}`;
      if (name !== '') names.push(path);
      visit(each, path, depth + 1);
    }
  };
  visit(metadata, '', 0);
  return names;
}
