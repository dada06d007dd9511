import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';

const DOORS = ['data', 'io', 'loader', 'mesh', 'testing'] as const;

/** What a file exports, a line each: its kind and name. A name that goes is a decision, not an accident. */
function exportsOf(file: string): string[] {
  const text = readFileSync(file, 'utf8');
  const declared = [
    ...text.matchAll(/^export (?:abstract )?(class|function|const|interface|type) (\w+)/gm),
  ].map(([, kind = '', name]) => `${['interface', 'type'].includes(kind) ? 'type' : 'value'} ${name}`);
  const all = [...text.matchAll(/^export \* from '([^']+)'/gm)].flatMap(([, from = '']) =>
    exportsOf(join(dirname(file), from)),
  );
  const named = [...text.matchAll(/export (type )?\{([^}]*)\}/g)].flatMap(([, allTypes, list = '']) =>
    list
      .split(',')
      .map((each) => each.trim())
      .filter((each) => each !== '')
      .map((each) => {
        const name = each.replace(/^type /, '').replace(/^.* as /, '');
        return `${allTypes !== undefined || each.startsWith('type ') ? 'type' : 'value'} ${name}`;
      }),
  );
  return [...new Set([...declared, ...all, ...named])];
}

test.each(DOORS)('the door %s exports what it did', async (door) => {
  const names = exportsOf(`src/${door}.ts`).toSorted();
  await expect(`${names.join('\n')}\n`).toMatchFileSnapshot(`api/${door}.txt`);
});

test.each(DOORS)('the door %s has at run time the values that it exports', async (door) => {
  const values = exportsOf(`src/${door}.ts`).filter((line) => line.startsWith('value '));
  const found = Object.keys((await import(`../../src/${door}.ts`)) as object).map((name) => `value ${name}`);
  expect(found.toSorted()).toEqual(values.toSorted());
});

test('the package itself exports the doors that programs use', () => {
  expect(readFileSync('src/index.ts', 'utf8')).toBe(
    ['data', 'io', 'loader', 'mesh'].map((door) => `export * from './${door}.ts';\n`).join(''),
  );
});
