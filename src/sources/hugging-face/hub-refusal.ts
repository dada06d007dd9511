import { AuthError, NetworkError, NotFoundError, type VascuError } from '../../core/errors.ts';
import { missingFile } from '../../core/source-errors.ts';
import type { HttpResponse } from '../../protocols/http/exchange-types.ts';
import { retryAfterMs, statusError } from '../../protocols/http/status.ts';
import type { FoundToken } from './hub-settings.ts';
import { DEFAULT_ENDPOINT } from './repo-reference.ts';

/** What was asked for, as far as messages need it. */
export interface HubQuestion {
  readonly endpoint: string;
  readonly repoId: string;
  readonly revision: string;
  /** Commit that was asked for; undefined where the revision was. */
  readonly commit?: string | undefined;
  /** File that was asked for. */
  readonly path?: string | undefined;
  readonly token: FoundToken | undefined;
  /** How to give a token, as the beginning of a sentence's part: `set HF_TOKEN …`. */
  readonly howToGiveToken: string;
}

/** Longest text of a server that is repeated in a message, characters. */
const MAX_QUOTE = 200;

/**
 * What an answer of the Hub that is no success means, and what to do about it. The Hub says the reason in
 * `X-Error-Code` and `X-Error-Message`; to someone without a token it says the same of a private dataset and of
 * one that does not exist.
 */
export function explainRefusal(
  response: Pick<HttpResponse, 'status' | 'url' | 'headers'>,
  question: HubQuestion,
): VascuError {
  const { status, headers } = response;
  const code = headers.get('X-Error-Code') ?? '';
  const isAway = response.url.origin !== new URL(question.endpoint).origin;
  const isUnknown = status === 404 && (code === '' || code === 'RepoNotFound');
  if (isAway && (status === 401 || status === 403 || isUnknown)) return explainAway(response, question);
  const said = headers.get('X-Error-Message') ?? '';
  if (status === 401 || status === 403) return explainDenial(status, code, said, question);
  if (status === 404 || status === 410) return explainMissing(code, question);
  const { endpoint, repoId, token } = question;
  const ofProxy = status === 407 ? statusError(response, repoId) : undefined;
  if (ofProxy !== undefined) return ofProxy;
  const place = `The Hub at ${endpoint} (dataset ${repoId})`;
  if (status === 429) {
    const wait = retryAfterMs(headers);
    const until = wait === undefined ? 'for a while' : `for ${Math.ceil(wait / 1000)} s`;
    const advice = token === undefined ? ' With a token (HF_TOKEN) the limit is higher.' : '';
    return new NetworkError(`${place} has had too many requests and takes no more ${until}.${advice}`, {
      status,
      retryAfterMs: wait,
    });
  }
  // Also 416: sizes are known, so a range that lies in the file was refused by mistake.
  const retryable = [408, 416, 425].includes(status) || status >= 500;
  const quote = said === '' ? '' : `: ${quoteServer(said, token)}`;
  return new NetworkError(`${place} answers with status ${status}${quote}.`, {
    status,
    retryable,
    retryAfterMs: retryable ? retryAfterMs(headers) : undefined,
  });
}

function explainDenial(status: number, code: string, said: string, question: HubQuestion): VascuError {
  const { endpoint, repoId, token, howToGiveToken } = question;
  const page = `${endpoint}/datasets/${repoId}`;
  const tokens = `${endpoint}/settings/tokens`;
  if (code === 'GatedRepo') {
    const login =
      token === undefined
        ? `then ${howToGiveToken} a token of that account (made at ${tokens}).`
        : `with the account of the token from ${token.from}; the token must allow reading gated repositories.`;
    return new AuthError(
      'gated',
      `The dataset ${repoId} is open only to those who have accepted its conditions: open ${page}, accept them, ${login}`,
    );
  }
  if (/access to this resource is disabled/i.test(said)) {
    return new AuthError(
      'no-permission',
      `The Hub has disabled the dataset ${repoId}; nobody can read it. Its page ${page} may say why.`,
    );
  }
  if (status === 403) {
    const advice =
      token === undefined
        ? `If an account of yours may read it, ${howToGiveToken} a token of that account (made at ${tokens}).`
        : `The token from ${token.from} does not allow it: look at its permissions at ${tokens}.`;
    return new AuthError('no-permission', `The Hub at ${endpoint} refuses the dataset ${repoId}. ${advice}`);
  }
  if (token !== undefined && code !== 'RepoNotFound') {
    return new AuthError(
      'bad-credentials',
      `The Hub at ${endpoint} does not accept the token from ${token.from}: it is mistyped, revoked or out of date. Make one at ${tokens}, or use none (token: false) for public datasets.`,
    );
  }
  return new AuthError(
    'token-required',
    `The Hub shows nobody a dataset ${repoId} without a token: either the name is wrong (look at ${page}), or it is private; then ${howToGiveToken} a token of an account that may read it (made at ${tokens}).`,
  );
}

/** A mirror sends requests on to where the token is not sent. */
function explainAway(
  { status, url }: Pick<HttpResponse, 'status' | 'url'>,
  question: HubQuestion,
): AuthError {
  const { endpoint, repoId, token } = question;
  const hub = url.origin + url.pathname.replace(/\/(?:api|datasets)\/.*$/, '');
  const which =
    token === undefined ? 'no token was given' : `the token from ${token.from} is not sent to another host`;
  return new AuthError(
    'token-required',
    `The endpoint ${endpoint} sends requests for the dataset ${repoId} on to ${url.host}, which refuses them (${status}); ${which}. If ${url.host} is the Hub that is meant, give its address in place of the endpoint: HF_ENDPOINT=${hub} (or the option "endpoint")${token === undefined ? ', and a token where the dataset is private' : ''}.`,
  );
}

function explainMissing(code: string, question: HubQuestion): VascuError {
  const { endpoint, repoId, revision, commit, path, token } = question;
  const page = `${endpoint}/datasets/${repoId}`;
  if (code === 'RevisionNotFound' && commit !== undefined && commit !== revision) {
    return new NotFoundError(
      `The commit ${commit} of the dataset ${repoId}, at which revision ${JSON.stringify(revision)} was when it was opened, is gone from the Hub: its history was rewritten. Open the dataset again to read what the revision is now.`,
    );
  }
  if (code === 'RevisionNotFound') {
    return new NotFoundError(
      `The dataset ${repoId} has no revision ${JSON.stringify(revision)}: give a branch, a tag or a commit's full id. Its branches and tags are at ${page}/tree/main.`,
    );
  }
  if (code === 'RepoNotFound') {
    const access =
      token === undefined ? '' : `, or the account of the token from ${token.from} may not read it`;
    return new NotFoundError(`There is no dataset ${repoId}: the name is wrong (look at ${page})${access}.`);
  }
  if (code === 'EntryNotFound' && path !== undefined) {
    return missingFromHub(question, path);
  }
  const advice =
    endpoint === DEFAULT_ENDPOINT ? `Look at ${page}.` : `Check that ${endpoint} is a Hub (HF_ENDPOINT).`;
  return new NotFoundError(`The Hub at ${endpoint} has nothing of the dataset ${repoId}. ${advice}`);
}

/** There is no such file in the dataset. */
export function missingFromHub(
  question: Pick<HubQuestion, 'endpoint' | 'repoId' | 'revision'>,
  path: string,
): NotFoundError {
  const { endpoint, repoId, revision } = question;
  const tree = `${endpoint}/datasets/${repoId}/tree/${encodeURIComponent(revision)}`;
  return missingFile(path, `in the dataset ${repoId} at revision ${JSON.stringify(revision)}`, {
    more: ` Its files are at ${tree}; names are case-sensitive.`,
  });
}

function quoteServer(said: string, token: FoundToken | undefined): string {
  const safe = token === undefined ? said : said.replaceAll(token.value, '…');
  return JSON.stringify(safe.length > MAX_QUOTE ? `${safe.slice(0, MAX_QUOTE)}…` : safe);
}
