import type { LineOptions } from '../../core/source-kind.ts';
import { HttpSource } from './http-source.ts';
import type { WebServerOptions } from './options.ts';

/** Opens a folder of a web server. */
export function openWebServer(
  address: string,
  options: WebServerOptions & LineOptions,
): { readonly source: HttpSource } {
  return { source: new HttpSource({ ...options, url: address }) };
}
