import { globSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect, test } from 'vitest';
import { findCodeBlocks } from './markdown.ts';
import { programOf, typeCheck } from './type-check.ts';

const [block] = findCodeBlocks('docs/architecture.md').filter(({ language }) => language === 'ts');
const PROGRAM = programOf(block ?? { code: '', given: '' });

/** Names of the types that a program declares. */
const NAMES = [...(block?.code ?? '').matchAll(/^(?:interface|type) (\w+)/gm)].map(([, name = '']) => name);

/** Adds to a program that each of its types has the fields of the one in `src/core`, and takes what that takes. */
function withComparisons(program: string): string {
  const files = globSync('src/core/*.ts').map((file) => [resolve(file), readFileSync(file, 'utf8')] as const);
  const lines = NAMES.flatMap((name) => {
    const [file] =
      files.find(([, code]) => new RegExp(`^export (?:interface|type) ${name}\\b`, 'm').test(code)) ?? [];
    return [
      `import type { ${name} as Real${name} } from '${file}';`,
      `export const same${name}: Same<${name}, Real${name}> = true;`,
    ];
  });
  return [
    program,
    'type Same<A, B> = [A, keyof A] extends [B, keyof B] ? ([B, keyof B] extends [A, keyof A] ? true : false) : false;',
    ...lines,
  ].join('\n');
}

/** Names of the types that differ from those of `src/core`, and whatever else is wrong in the program itself. */
function differences(program: string): string[] {
  const code = withComparisons(program);
  // The page leaves `| undefined` out; what the compiler then says of the package itself does not count.
  const errors = typeCheck(new Map([['contracts.ts', code]]), { exactOptionalPropertyTypes: false });
  return [...errors.matchAll(/^\S*contracts\.ts\((\d+)[^\n]*/gm)].map(
    ([error, line]) => /const same(\w+)/.exec(code.split('\n')[Number(line) - 1] ?? '')?.[1] ?? error,
  );
}

test('the contracts in architecture.md are those of src/core', () => {
  expect(NAMES.length).toBeGreaterThanOrEqual(12);
  expect(differences(PROGRAM)).toEqual([]);
});

test('a contract that lacks an optional field, or gives another type, would be found', () => {
  const changed = PROGRAM.replace('; packedSize?: number', '').replace('| PlanReason>', '| WholeReason>');
  expect(differences(changed).toSorted()).toEqual(['FileEntry', 'MeshFile', 'MeshFormat', 'SourceFile']);
});
