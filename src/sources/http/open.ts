import { archivesOnPath } from '../../core/archive-name.ts';
import type { LineOptions } from '../../core/source-kind.ts';
import { HttpSource } from './http-source.ts';
import type { HttpSourceOptions, WebServerOptions } from './options.ts';

/** Opens a folder of a web server, or of an archive the folder that it lies in, of which no list is looked for. */
export function openWebServer(
  address: string,
  options: WebServerOptions & LineOptions & Pick<HttpSourceOptions, 'keeperOf'>,
): { readonly source: HttpSource; readonly folder?: string | undefined } {
  const archive = archiveOf(address);
  if (archive === undefined) return { source: new HttpSource({ ...options, url: address }) };
  const { parent, folder } = archive;
  return { source: new HttpSource({ index: 'none', ...options, url: parent }), folder };
}

/** Finds the URL of the folder of the first archive that an address leads through, and the path from there. */
function archiveOf(address: string): { readonly parent: string; readonly folder: string } | undefined {
  if (!URL.canParse(address)) return undefined;
  const url = new URL(address);
  const [archive] = archivesOnPath(url.pathname);
  if (archive === undefined || url.search !== '' || url.hash !== '') return undefined;
  const at = archive.lastIndexOf('/') + 1;
  const escaped = url.pathname.slice(at).replace(/\/+$/, '');
  url.pathname = archive.slice(0, at);
  return { parent: url.href, folder: escaped.split('/').map(decodeName).join('/') };
}

/** Decodes a name, in which a "%" that encodes nothing stands for itself. */
function decodeName(name: string): string {
  try {
    return decodeURIComponent(name);
  } catch {
    return name;
  }
}
