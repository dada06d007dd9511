import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { onTestFinished } from 'vitest';

/** Type-checks programs by their names, and gives the errors as the compiler prints them. */
export function typeCheck(programs: ReadonlyMap<string, string>, compilerOptions: object = {}): string {
  const folder = mkdtempSync(join(tmpdir(), 'vascusim-docs-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  for (const [name, code] of programs) writeFileSync(join(folder, name), code);
  const configuration = {
    extends: resolve('tsconfig.json'),
    compilerOptions: {
      paths: { vascusim: [resolve('src/index.ts')], 'vascusim/*': [resolve('src/*.ts')] },
      typeRoots: [resolve('node_modules/@types')],
      // What users need not have; a page also shows what it does not go on to use.
      noPropertyAccessFromIndexSignature: false,
      noUnusedLocals: false,
      noUnusedParameters: false,
      rewriteRelativeImportExtensions: false,
      ...compilerOptions,
    },
    include: [],
    files: [...programs.keys()],
  };
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(configuration));
  try {
    execFileSync(process.execPath, [resolve('node_modules/typescript/bin/tsc'), '-p', folder], {
      encoding: 'utf8',
    });
    return '';
  } catch (error) {
    return (error as { readonly stdout: string }).stdout;
  }
}

/** Makes a program of a block and of what its page gives it. */
export function programOf({ code, given }: { readonly code: string; readonly given: string }): string {
  return `${given.replaceAll("'../../", `'${resolve('.')}/`)}\n${code}\n`;
}
