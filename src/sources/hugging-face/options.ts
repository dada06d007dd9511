import { ConfigError } from '../../core/errors.ts';
import { rejectUnknownOptions } from '../../core/known-options.ts';
import { showValue } from '../../core/show-value.ts';
import type { LineOptions } from '../../core/source-kind.ts';
import type { HttpClient } from '../../protocols/http/client.ts';
import type { HttpClientOptions } from '../../protocols/http/exchange-types.ts';
import { FILE_SERVER_CONNECTIONS } from '../connection-options.ts';
import type { Environment } from '../environment.ts';
import { cachedRepoFolder } from './hub-cache.ts';
import {
  type FoundToken,
  findToken,
  type HubSettings,
  makeTokenFileReader,
  readHubSettings,
  type TokenOption,
  toEndpoint,
} from './hub-settings.ts';
import { assertSnapshotOf, type HubSnapshot } from './hub-snapshot.ts';
import { DEFAULT_ENDPOINT, parseRepoReference } from './repo-reference.ts';

/** Options of {@link HuggingFaceSource}. */
export interface HuggingFaceSourceOptions extends HttpClientOptions {
  /**
   * Name of the dataset: `user/name`, `hf://datasets/user/name[@revision][/path]` or the address of the dataset's page.
   * A path in it does not narrow the source: see {@link HubPlace.path}.
   */
  readonly repoId: string;
  /** Branch, tag or commit's full id. @defaultValue that in `repoId`, else `main` */
  readonly revision?: string | undefined;
  /** Address of the Hub. @defaultValue that in `repoId`, else `HF_ENDPOINT`, else the public Hub */
  readonly endpoint?: string | undefined;
  /**
   * Token to send; `false` for none. @defaultValue `HF_TOKEN`, `HUGGING_FACE_HUB_TOKEN`, the file of `hf auth login`;
   * these only for the Hub of `HF_ENDPOINT` (else the public one) or of the option `endpoint`
   */
  readonly token?: TokenOption | undefined;
  /** True when no request may be made. @defaultValue `HF_HUB_OFFLINE` */
  readonly offline?: boolean | undefined;
  /** Folder of the files that the Hub's Python library has downloaded; `false` for none. @defaultValue `HF_HUB_CACHE` */
  readonly hubCacheDir?: string | false | undefined;
  /**
   * Snapshot that {@link HuggingFaceSource.snapshot} gave before, or a function that finds it: serves when the Hub
   * cannot be asked. @defaultValue none
   */
  readonly snapshot?: HubSnapshot | (() => Promise<HubSnapshot | undefined>) | undefined;
  /**
   * Longest wait between two tries of a request to the API, also of what the Hub's rate limit asks for, milliseconds.
   *
   * @defaultValue 300 000, the length of the Hub's windows
   */
  readonly maxWaitMs?: number | undefined;
  /** A client to use; it is not closed. The options of the connection are then not used. @defaultValue one of its own */
  readonly http?: HttpClient | undefined;
  /** Environment variables. @defaultValue those of the process */
  readonly environment?: Environment | undefined;
}

/** Options of a dataset of the Hugging Face Hub. */
export interface HubOptions
  extends Omit<HuggingFaceSourceOptions, 'repoId' | 'snapshot' | keyof LineOptions> {}

/** Dataset that a source reads, and the Hub it is on. */
export interface HubPlace {
  /** Names the dataset, without its revision: versions are digests of the content. */
  readonly id: string;
  /** Address of the Hub, without a trailing slash. */
  readonly endpoint: string;
  /** Name of the repository, `user/name`. */
  readonly repoId: string;
  readonly revision: string;
  /** Folder or file that the option `repoId` named inside the dataset. */
  readonly path: string | undefined;
  readonly offline: boolean;
  /** Folder of this dataset in the cache of the Hub's Python library. */
  readonly cacheFolder: string | undefined;
  /** Words to write after "you should" to give a token. */
  readonly howToGiveToken: string;
}

/** Time that a token counts that was read from its file, milliseconds. */
const TOKEN_KEPT_MS = 1_000;

/** Parts of a source that its options come to. */
export interface SourceParts {
  readonly place: HubPlace;
  readonly findToken: () => Promise<FoundToken | undefined>;
  readonly http: HttpClientOptions;
  readonly maxWaitMs: number;
}

/**
 * Joins options, environment variables and what the dataset's name says.
 *
 * @throws ConfigError or UnsupportedError when they cannot be used as given
 */
export function readSourceOptions(options: HuggingFaceSourceOptions): SourceParts {
  rejectUnknownOptions('HuggingFaceSource', options, [
    'repoId',
    'revision',
    'endpoint',
    'token',
    'offline',
    'hubCacheDir',
    'snapshot',
    'maxWaitMs',
    'http',
    'environment',
    'tls',
    'connectTimeoutMs',
    'idleTimeoutMs',
    'maxConnections',
    'proxy',
  ]);
  const environment = options.environment ?? process.env;
  // Where an endpoint is given, what HF_ENDPOINT says does not matter.
  const settings = readHubSettings(
    options.endpoint === undefined ? environment : { ...environment, HF_ENDPOINT: undefined },
  );
  const given = options.endpoint === undefined ? undefined : toEndpoint(options.endpoint, 'endpoint');
  const reference = parseRepoReference(options.repoId, given ?? settings.endpoint);
  const { repoId, path } = reference;
  const endpoint = agree('endpoint', given, reference.endpoint) ?? settings.endpoint;
  const revision = agree('revision', options.revision, reference.revision) ?? 'main';
  if (revision.trim() === '')
    throw new ConfigError('revision', 'The revision is empty: leave it out for "main".');
  const isTrusted = given !== undefined || endpoint === settings.endpoint;
  const tokenRules = { ...settings, implicitToken: settings.implicitToken && isTrusted };
  const cacheDir = options.hubCacheDir ?? settings.cacheFolder;
  const id = endpoint === DEFAULT_ENDPOINT ? `hf://datasets/${repoId}` : `${endpoint}/datasets/${repoId}`;
  const place: HubPlace = {
    id,
    endpoint,
    repoId,
    revision,
    path,
    offline: options.offline ?? settings.offline,
    cacheFolder:
      cacheDir === false || cacheDir === undefined ? undefined : cachedRepoFolder(cacheDir, repoId),
    howToGiveToken: adviceOnToken(settings, isTrusted, endpoint),
  };
  if (typeof options.snapshot === 'object') assertSnapshotOf(options.snapshot, place);
  const { tls, connectTimeoutMs, maxConnections = FILE_SERVER_CONNECTIONS, proxy } = options;
  const idleTimeoutMs = options.idleTimeoutMs ?? settings.idleTimeoutMs;
  const readTokenFile = makeTokenFileReader(TOKEN_KEPT_MS);
  return {
    place,
    findToken: () => findToken(options.token, tokenRules, environment, readTokenFile),
    http: { tls, connectTimeoutMs, idleTimeoutMs, maxConnections, proxy },
    maxWaitMs: options.maxWaitMs ?? 300_000,
  };
}

/** Checks that two places agree on an option, where both say something, and gives what they say. */
function agree(option: string, given: string | undefined, named: string | undefined): string | undefined {
  if (given === undefined || named === undefined || given === named) return given ?? named;
  throw new ConfigError(
    option,
    `The option "${option}" is ${showValue(given)}, and the dataset is given with ${showValue(named)}: leave one of them out.`,
  );
}

function adviceOnToken({ implicitToken }: HubSettings, isTrusted: boolean, endpoint: string): string {
  if (!implicitToken) return 'give as the option "token" (HF_HUB_DISABLE_IMPLICIT_TOKEN shuts out HF_TOKEN)';
  if (isTrusted) return 'set HF_TOKEN (or the option "token") to';
  return `give as the option "token" (HF_TOKEN goes to this Hub only with HF_ENDPOINT=${endpoint})`;
}
