/** Names a file of a source, whose `id` may end in a slash, in messages. */
export function nameFile(source: string, path: string): string {
  return source.endsWith('/') ? `${source}${path}` : `${source}/${path}`;
}
