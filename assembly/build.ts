import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/*
 * Compiles assembly/kernels/*.ts to the modules under src/formats/kernels: node assembly/build.ts [FOLDER]
 * With FOLDER the modules go there instead.
 */
const kernels: readonly { readonly name: string; readonly options: readonly string[] }[] = [
  { name: 'narrow', options: ['--initialMemory', '50', '--maximumMemory', '50'] },
  { name: 'decimal', options: ['--initialMemory', '40', '--maximumMemory', '40'] },
  { name: 'blocks', options: ['--importMemory', '--initialMemory', '2', '--converge'] },
  { name: 'inflater', options: ['--initialMemory', '16', '--maximumMemory', '16'] },
];

const target = process.argv[2] ?? 'src/formats/kernels';
const scratch = mkdtempSync(join(tmpdir(), 'vascusim-kernels-'));
for (const { name, options } of kernels) {
  const wasm = join(scratch, `${name}.wasm`);
  const all = ['-O3', '--noAssert', '--runtime', 'stub', '--enable', 'simd', ...options];
  execFileSync(
    process.execPath,
    ['node_modules/assemblyscript/bin/asc.js', `assembly/kernels/${name}.ts`, ...all, '-o', wasm],
    {
      stdio: 'inherit',
    },
  );
  // Hexadecimal, since pages load it packed: whole bytes repeat where those of base64 do not.
  const hex = readFileSync(wasm)
    .toString('hex')
    .replaceAll(/.{1,100}(?=.)/g, "$&' +\n  '");
  writeFileSync(
    join(target, `${name}-module.ts`),
    `// Made by "npm run build:kernels" from assembly/kernels/${name}.ts; do not edit.\n\n` +
      `/** The WebAssembly module in hexadecimal. */\nexport const ${name}Module: string =\n  '${hex}';\n`,
  );
}
rmSync(scratch, { recursive: true });
