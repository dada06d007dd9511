import { errorAnswer, type HubAnswer, type HubRequest, jsonAnswer, redirectAnswer } from './hub-answer.ts';
import type { HubCdn } from './hub-cdn.ts';
import { describeEntry, type HubCommit, type HubRepository, pathsIn, xetHash } from './hub-repository.ts';

/** What the answers depend on. */
export interface HubState {
  readonly url: string;
  readonly cdnUrl: string;
  readonly repositories: readonly HubRepository[];
  readonly renamed: ReadonlyMap<string, string>;
  readonly tokens: ReadonlySet<string>;
  readonly cdn: HubCdn;
  readonly pageSize: number;
}

/** The answer to a request to the Hub's own origin. */
export function answerRoute(hub: HubState, request: HubRequest): HubAnswer {
  const [pathname = '', query = ''] = request.url.split('?');
  const parts = pathname.split('/').slice(1);
  const token = /^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1];
  if (token !== undefined && !hub.tokens.has(token)) {
    return errorAnswer(401, undefined, 'Invalid credentials in Authorization header');
  }
  const isApi = parts[0] === 'api';
  if (pathname === '/api/whoami-v2') {
    return token === undefined
      ? errorAnswer(401, undefined, 'Unauthorized')
      : jsonAnswer({ name: 'someone' });
  }
  const isCache = isApi && parts[1] === 'resolve-cache';
  const [kind, owner, name, ...rest] = parts.slice(isCache ? 2 : isApi ? 1 : 0);
  if (kind !== 'datasets' || owner === undefined || name === undefined) return notThere(token);

  const id = `${decodeURIComponent(owner)}/${decodeURIComponent(name)}`;
  const movedTo = hub.renamed.get(id);
  if (movedTo !== undefined) {
    return redirectAnswer(307, request.url.replace(`/datasets/${owner}/${name}`, `/datasets/${movedTo}`));
  }
  const repository = hub.repositories.find((candidate) => candidate.id === id);
  if (repository === undefined) return notThere(token);
  const refusal = refuse(repository, token, isCache || rest[0] === 'resolve');
  if (refusal !== undefined) return refusal;

  const values = new URLSearchParams(query);
  if (isCache) return cachedFile(repository, rest);
  if (!isApi) return rest[0] === 'resolve' ? resolveFile(hub, repository, rest) : notThere(token);
  const commit = repository.find(decodeURIComponent(rest[1] ?? 'main'));
  if (commit === undefined) return errorAnswer(404, 'RevisionNotFound', `Invalid rev id: ${rest[1]}`);
  if (rest[0] === undefined || rest[0] === 'revision') return describeRepository(repository, commit);
  if (rest[0] === 'tree') return listTree(hub, commit, rest.slice(2), request.url, values);
  if (rest[0] === 'paths-info' && request.method === 'POST') return pathsInfo(commit, request);
  return errorAnswer(404, undefined, 'Sorry, we cannot find the page you are looking for.');
}

/** The same words whether a repository does not exist or may not be seen. */
function notThere(token: string | undefined): HubAnswer {
  return token === undefined
    ? errorAnswer(401, 'RepoNotFound', 'Invalid username or password.')
    : errorAnswer(404, 'RepoNotFound', 'Repository not found');
}

function refuse(
  repository: HubRepository,
  token: string | undefined,
  isDownload: boolean,
): HubAnswer | undefined {
  const { id, access, disabled, readers } = repository;
  const isReader = token !== undefined && readers.has(token);
  if (access === 'private' && !isReader) return notThere(token);
  if (disabled) return errorAnswer(403, undefined, 'Access to this resource is disabled.');
  if (access !== 'gated' || isReader || !isDownload) return undefined;
  const why =
    token === undefined
      ? 'You must have access to it and be authenticated to access it. Please log in.'
      : `Visit https://huggingface.co/datasets/${id} to ask for access.`;
  return errorAnswer(
    token === undefined ? 401 : 403,
    'GatedRepo',
    `Access to dataset ${id} is restricted. ${why}`,
  );
}

function describeRepository({ id, access }: HubRepository, commit: HubCommit): HubAnswer {
  return jsonAnswer({
    _id: '650000000000000000000000',
    id,
    sha: commit.id,
    private: access === 'private',
    gated: access === 'gated' ? 'manual' : false,
    lastModified: commit.date.toISOString(),
    downloads: 0,
    likes: 0,
    siblings: [...commit.files.keys()].map((rfilename) => ({ rfilename })),
  });
}

function listTree(
  hub: HubState,
  commit: HubCommit,
  folderParts: readonly string[],
  url: string,
  query: URLSearchParams,
): HubAnswer {
  const folder = folderParts.map(decodeURIComponent).join('/');
  const expand = query.get('expand') === 'true' || query.get('expand') === '1';
  const recursive = query.get('recursive') === 'true' || query.get('recursive') === '1';
  const paths = pathsIn(commit, folder, recursive);
  if (folder !== '' && paths.length === 0) {
    return errorAnswer(404, 'EntryNotFound', `${folder} does not exist on "${commit.id}"`);
  }
  const most = expand ? Math.min(50, hub.pageSize) : hub.pageSize;
  const size = Math.min(most, Number(query.get('limit') ?? most));
  const start = Number(atob(query.get('cursor') ?? '') || 0);
  const page = paths.slice(start, start + size).map((path) => describeEntry(commit, path, expand));
  if (start + size >= paths.length) return jsonAnswer(page);
  const next = new URL(url, hub.url);
  next.searchParams.set('cursor', btoa(String(start + size)));
  return jsonAnswer(page, { Link: `<${next.href}>; rel="next"` });
}

/** Paths that do not exist are left out. */
function pathsInfo(commit: HubCommit, { headers, body }: HubRequest): HubAnswer {
  const isJson = headers['content-type']?.startsWith('application/json') === true;
  const form = new URLSearchParams(isJson ? '' : body);
  const given = isJson
    ? (JSON.parse(body) as { paths: string[]; expand?: boolean })
    : { paths: form.getAll('paths'), expand: form.get('expand')?.toLowerCase() === 'true' };
  const entries = given.paths.map((path) => describeEntry(commit, path, given.expand === true));
  return jsonAnswer(entries.filter((entry) => entry !== undefined));
}

/** A git file is elsewhere on the Hub, at a relative address; an LFS file on the CDN, at a signed one. */
function resolveFile(hub: HubState, repository: HubRepository, parts: readonly string[]): HubAnswer {
  const revision = decodeURIComponent(parts[1] ?? '');
  const commit = repository.find(revision);
  if (commit === undefined) return errorAnswer(404, 'RevisionNotFound', `Invalid rev id: ${revision}`);
  const repoCommit = { 'X-Repo-Commit': commit.id };
  const path = parts.slice(2).map(decodeURIComponent).join('/');
  const file = commit.files.get(path);
  if (file === undefined) {
    const missing = errorAnswer(404, 'EntryNotFound', 'Entry not found');
    return { ...missing, headers: { ...missing.headers, ...repoCommit } };
  }
  if (file.lfs === undefined) {
    const query = `${encodeURIComponent(`/${path}`)}=&etag=${encodeURIComponent(`"${file.oid}"`)}`;
    const cached = `/api/resolve-cache/datasets/${repository.id}/${commit.id}/${encodeURIComponent(path)}`;
    return redirectAnswer(307, `${cached}?${query}`, { ...repoCommit, ETag: `"${file.oid}"` });
  }
  const hash = xetHash(file.lfs.oid);
  return redirectAnswer(302, hub.cdnUrl + hub.cdn.sign(file), {
    ...repoCommit,
    'X-Linked-Size': String(file.lfs.size),
    'X-Linked-Etag': `"${file.lfs.oid}"`,
    'X-Xet-Hash': hash,
    Link: `<${hub.url}/api/datasets/${repository.id}/xet-read-token/${commit.id}>; rel="xet-auth"`,
  });
}

function cachedFile(repository: HubRepository, [revision = '', quoted = '']: readonly string[]): HubAnswer {
  const commit = repository.find(revision);
  const file = commit?.files.get(decodeURIComponent(quoted));
  if (commit === undefined || file === undefined) return errorAnswer(404, 'EntryNotFound', 'Entry not found');
  const headers = {
    'Content-Type': 'text/plain; charset=utf-8',
    ETag: `"${file.oid}"`,
    'X-Repo-Commit': commit.id,
  };
  return { status: 200, headers, body: file.content, isFile: true };
}
