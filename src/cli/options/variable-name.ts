/** Name of the variable of an option: `VASCUSIM_CACHE_DIR` for `cacheDir`. */
export function variableOf(option: string): string {
  return `VASCUSIM_${option.replaceAll(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()}`;
}
