import type { SourceKind } from '../../core/source-kind.ts';
import { connectionEntries, FILE_SERVER_CONNECTIONS } from '../connection-options.ts';
import type { WebServerOptions } from './options.ts';

/** Folders of web servers that have a list of their files. */
export const http: SourceKind<WebServerOptions, 'http'> = {
  name: 'http',
  title: 'a web server',
  label: 'web server',
  address: 'https://…',
  schemes: ['http', 'https'],
  options: {
    index: {
      summary: "path of the list, `'autoindex'`, `'none'`, or `'auto'`",
      value: 'text',
      default: "`'auto'`",
    },
    token: {
      summary: 'text that is sent as `Authorization: Bearer`; refused over plain http except to this machine',
      value: 'text',
      secret: 'program',
    },
    headers: { summary: 'headers that are sent with each request, not to other origins', value: 'object' },
    ...connectionEntries(FILE_SERVER_CONNECTIONS),
  },
  open: async (address, options) => (await import('./open.ts')).openWebServer(address, options),
};
