import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/*
 * Compiles assembly/*.ts to the modules under src/formats/kernels: node assembly/build.ts [FOLDER]
 * With FOLDER the modules go there instead.
 */
const kernels: readonly { readonly name: string; readonly pages: number }[] = [{ name: 'narrow', pages: 50 }];

const target = process.argv[2] ?? 'src/formats/kernels';
const scratch = mkdtempSync(join(tmpdir(), 'vascusim-kernels-'));
for (const { name, pages } of kernels) {
  const wasm = join(scratch, `${name}.wasm`);
  const memory = ['--initialMemory', String(pages), '--maximumMemory', String(pages)];
  const options = ['-O3', '--noAssert', '--runtime', 'stub', '--enable', 'simd', ...memory];
  execFileSync(
    process.execPath,
    ['node_modules/assemblyscript/bin/asc.js', `assembly/${name}.ts`, ...options, '-o', wasm],
    {
      stdio: 'inherit',
    },
  );
  const base64 = readFileSync(wasm)
    .toString('base64')
    .replaceAll(/.{1,100}(?=.)/g, "$&' +\n  '");
  writeFileSync(
    join(target, `${name}-module.ts`),
    `// Made by "npm run build:kernels" from assembly/${name}.ts; do not edit.\n\n` +
      `/** The WebAssembly module as base64. */\nexport const ${name}Module: string =\n  '${base64}';\n`,
  );
}
rmSync(scratch, { recursive: true });
