import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/*
 * Compiles assembly/kernels/*.ts to the modules under src/formats/kernels: node assembly/build.ts [FOLDER]
 * With FOLDER the modules go there instead.
 */
const kernels: readonly { readonly name: string; readonly memory: readonly string[] }[] = [
  { name: 'narrow', memory: ['--initialMemory', '50', '--maximumMemory', '50'] },
  { name: 'decimal', memory: ['--initialMemory', '40', '--maximumMemory', '40'] },
  { name: 'blocks', memory: ['--importMemory', '--initialMemory', '2'] },
  { name: 'inflater', memory: ['--initialMemory', '16', '--maximumMemory', '16'] },
];

const target = process.argv[2] ?? 'src/formats/kernels';
const scratch = mkdtempSync(join(tmpdir(), 'vascusim-kernels-'));
for (const { name, memory } of kernels) {
  const wasm = join(scratch, `${name}.wasm`);
  const options = ['-O3', '--noAssert', '--runtime', 'stub', '--enable', 'simd', ...memory];
  execFileSync(
    process.execPath,
    ['node_modules/assemblyscript/bin/asc.js', `assembly/kernels/${name}.ts`, ...options, '-o', wasm],
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
