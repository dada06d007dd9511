#!/usr/bin/env node
import { existsSync } from 'node:fs';

const [major, minor] = process.versions.node.split('.').map(Number);
if (major < 22 || (major === 22 && minor < 19)) {
  process.stderr.write(`vascusim needs Node.js 22.19 or newer; this is ${process.versions.node}.\n`);
  process.exit(2);
}
// A checkout runs from its sources; the package has only what was built.
const checkout = existsSync(new URL('../tsconfig.json', import.meta.url));
await import(checkout ? '../src/cli/main.ts' : '../dist/cli/main.js');
