/**
 * URL of a module beside the one at `from` (its `import.meta.url`), in the form in which that one runs: `.ts`
 * from the sources, `.js` from the build.
 *
 * @param name - path relative to `from`, without extension
 */
export function moduleUrl(name: string, from: string): string {
  return new URL(`${name}${from.endsWith('.ts') ? '.ts' : '.js'}`, from).href;
}
