import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';

/** Build of the page of `vascusim view`: files with hashed names, nothing inlined, so that its policy can forbid that. */
export default defineConfig({
  root: fileURLToPath(new URL('src/view/page', import.meta.url)),
  base: './',
  publicDir: false,
  logLevel: 'warn',
  build: {
    outDir: fileURLToPath(new URL('dist/view/page', import.meta.url)),
    emptyOutDir: true,
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    target: 'es2023',
  },
});
