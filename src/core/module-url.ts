/**
 * Makes the URL of a module beside the one at `from` (its `import.meta.url`), in the form in which that one runs: `.ts`
 * from the sources, `.js` from the build. A bundler may have put anything in the place of `import.meta.url`: nothing,
 * or where the module lay when it was bundled; then the URL is undefined, or leads nowhere.
 *
 * @param name - path relative to `from`, without extension
 */
export function moduleUrl(name: string, from: string | undefined): string | undefined {
  if (typeof from !== 'string') return undefined;
  return URL.parse(`${name}${from.endsWith('.ts') ? '.ts' : '.js'}`, from)?.href;
}
