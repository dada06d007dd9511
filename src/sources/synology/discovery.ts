import { isVascuError, NetworkError, UnsupportedError } from '../../core/errors.ts';
import type { HttpClient } from '../../protocols/http/client.ts';
import type { HttpResponse } from '../../protocols/http/exchange-types.ts';
import { type ApiData, isRecord, readAnswer, strangeAnswer } from './answer.ts';
import { ApiFailure, fileFailure } from './codes.ts';

/** Place and version by which an API is called. */
export interface Api {
  readonly name: string;
  /** Path below `webapi/`. */
  readonly path: string;
  /** The version that is spoken. */
  readonly version: number;
  /** The newest version the NAS has. */
  readonly newest: number;
}

/** Abilities of a NAS. */
export interface Apis {
  /** Address of {@link NasAddress.baseUrl}, or where that was redirected to. */
  readonly baseUrl: string;
  readonly auth: Api;
  readonly info: Api;
  readonly list: Api;
  readonly download: Api;
  readonly md5: Api | undefined;
  readonly system: Api | undefined;
}

/** The newest version of each API that is used; a NAS may have less. */
const USED = {
  auth: ['SYNO.API.Auth', 6],
  info: ['SYNO.FileStation.Info', 2],
  list: ['SYNO.FileStation.List', 2],
  download: ['SYNO.FileStation.Download', 2],
  md5: ['SYNO.FileStation.MD5', 2],
  system: ['SYNO.DSM.Info', 2],
} as const;

const REQUEST_LABEL = 'the list of its APIs';

/**
 * Asks a NAS where its APIs are and which versions it has. The question goes to `query.cgi`, which DSM 5 to 7
 * have, and to `entry.cgi` where that is missing.
 *
 * @throws NetworkError when the address is not that of DSM
 * @throws UnsupportedError when File Station is missing
 */
export async function discover(
  client: HttpClient,
  baseUrl: string,
  id: string,
  signal: AbortSignal,
  attempt: number,
): Promise<Apis> {
  const names = Object.values(USED).map(([name]) => name);
  const question = `api=SYNO.API.Info&version=1&method=query&query=${names.join(',')}`;
  const ask = async (cgi: string): Promise<HttpResponse> => {
    try {
      return await client.request({
        url: `${baseUrl}/webapi/${cgi}?${question}`,
        signal,
        label: `${REQUEST_LABEL} at ${id}`,
      });
    } catch (error) {
      throw isVascuError(error, 'NETWORK') ? withPorts(error) : error;
    }
  };
  let response = await ask('query.cgi');
  if (response.status === 404) {
    await response.discard();
    response = await ask('entry.cgi');
  }
  if (response.status >= 400)
    throw strangeAnswer(response, await response.text(), REQUEST_LABEL, id, attempt);
  const answer = await readAnswer(response, REQUEST_LABEL, id, attempt);
  if (answer instanceof ApiFailure) throw fileFailure(answer, { id, username: '', label: REQUEST_LABEL });
  return { baseUrl: redirectedBase(baseUrl, response.url, id), ...readApis(answer, id) };
}

function readApis(answer: ApiData, id: string): Omit<Apis, 'baseUrl'> {
  const find = ([name, newestUsed]: readonly [string, number]): Api | undefined => {
    const found = answer[name];
    if (!isRecord(found)) return undefined;
    const { path, minVersion, maxVersion } = found;
    if (typeof path !== 'string' || typeof maxVersion !== 'number') return undefined;
    if (typeof minVersion === 'number' && minVersion > newestUsed) return undefined;
    // None may lead elsewhere.
    if (!/^[\w.-]+(\/[\w.-]+)*$/.test(path) || path.includes('..')) return undefined;
    return { name, path, version: Math.min(maxVersion, newestUsed), newest: maxVersion };
  };
  const need = (used: readonly [string, number]): Api => {
    const api = find(used);
    if (api !== undefined) return api;
    throw new UnsupportedError(
      'synology-api',
      `${id} has no ${used[0]} (version ${used[1]} or older): install or start the File Station package in DSM's Package Center.`,
    );
  };
  return {
    auth: need(USED.auth),
    info: need(USED.info),
    list: need(USED.list),
    download: need(USED.download),
    md5: find(USED.md5),
    system: find(USED.system),
  };
}

/** Explains the failure of a first contact: often it is the port. */
function withPorts(error: NetworkError): NetworkError {
  return new NetworkError(
    `${error.message} Of a NAS as it is delivered port 5000 is http, 5001 is https; another port of plain http needs secure: false.`,
    error,
    { cause: error },
  );
}

/** Finds where the question was redirected to, as DSM does from http to https. */
function redirectedBase(baseUrl: string, final: URL, id: string): string {
  const asked = new URL(baseUrl);
  if (final.origin === asked.origin) return baseUrl;
  if (final.hostname !== asked.hostname || final.protocol !== 'https:') {
    throw new NetworkError(
      `${id} sends requests on to ${final.origin}: give that address if it is meant. The password is sent nowhere else by itself.`,
      { retryable: false },
    );
  }
  return final.origin + final.pathname.replace(/\/webapi\/.*$/, '');
}
