/** How messages name a file of a source, whose `id` may end in a slash. */
export function nameFile(source: string, path: string): string {
  return source.endsWith('/') ? `${source}${path}` : `${source}/${path}`;
}
