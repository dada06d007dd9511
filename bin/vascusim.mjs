#!/usr/bin/env node
import { existsSync } from 'node:fs';
// By the name of the whole: an old Node.js has no enableCompileCache, and shall say what is wrong itself.
import * as nodeModule from 'node:module';

const [major, minor] = process.versions.node.split('.').map(Number);
if (major < 22 || (major === 22 && minor < 19)) {
  process.stderr.write(`vascusim needs Node.js 22.19 or newer; this is ${process.versions.node}.\n`);
  process.exit(2);
}
// Compiled once, it starts in half the time. Not in the folder that all users share: whoever makes it first owns it.
const { HOME, LOCALAPPDATA, XDG_CACHE_HOME } = process.env;
const caches = LOCALAPPDATA || XDG_CACHE_HOME || (HOME && `${HOME}/.cache`);
if (caches) nodeModule.enableCompileCache(`${caches}/vascusim-compiled`);
// A checkout runs from its sources; the package has only what was built.
const checkout = existsSync(new URL('../tsconfig.json', import.meta.url));
await import(checkout ? '../src/cli/main.ts' : '../dist/cli/main.js');
