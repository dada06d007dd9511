import { describe, expect, test } from 'vitest';
import { type AuthReason, isVascuError } from '../../../src/core/errors.ts';
import type { HuggingFaceSource } from '../../../src/sources/hugging-face/hugging-face-source.ts';
import type { HuggingFaceSourceOptions } from '../../../src/sources/hugging-face/options.ts';
import { failureOf } from '../../temporary-folder.ts';
import { type HubFixture, leakedTokens, listAll, makeHub, TOKEN } from './hub-fixture.ts';

const FILES = { 'a.vtu': 'one', 'b.json': '{}' };
const stranger = 'hf_SomeoneElse';

/** What a source does first; every one of them has to say the same. */
const uses: readonly ((source: HuggingFaceSource) => Promise<unknown>)[] = [
  (source) => listAll(source),
  (source) => source.stat('a.vtu'),
  (source) => source.open('a.vtu'),
];

async function expectRefusal(
  fixture: HubFixture,
  options: Partial<HuggingFaceSourceOptions>,
  check: (error: unknown) => void,
): Promise<void> {
  for (const use of uses) {
    const error = await failureOf(use(fixture.connect(options)));
    check(error);
    expect(`${String(error)} ${JSON.stringify(error)}`).not.toMatch(new RegExp(`${TOKEN}|${stranger}`));
  }
  expect(leakedTokens(fixture.hub)).toBe(0);
}

const isAuth =
  (reason: AuthReason, ...words: readonly string[]) =>
  (error: unknown) => {
    expect(isVascuError(error, 'AUTH') && error.reason).toBe(reason);
    for (const word of words) expect(String(error)).toContain(word);
  };
const isMissing =
  (...words: readonly string[]) =>
  (error: unknown) => {
    expect(isVascuError(error, 'NOT_FOUND')).toBe(true);
    for (const word of words) expect(String(error)).toContain(word);
  };

describe('what the Hub refuses, and what to do about it', () => {
  test('a wrong name, without a token: it cannot be told from a private dataset, so both are said', async () => {
    const fixture = await makeHub(FILES);
    await expectRefusal(
      fixture,
      { repoId: 'user/caes' },
      isAuth(
        'token-required',
        'user/caes',
        'name is wrong',
        `${fixture.hub.url}/datasets/user/caes`,
        'HF_TOKEN',
      ),
    );
  });

  test('a wrong name, with a token', async () => {
    const fixture = await makeHub(FILES);
    await expectRefusal(
      fixture,
      { repoId: 'user/caes', token: TOKEN },
      isMissing('user/caes', 'name is wrong'),
    );
  });

  test('a private dataset, without a token', async () => {
    const fixture = await makeHub(FILES);
    fixture.repository.access = 'private';
    await expectRefusal(fixture, {}, isAuth('token-required', 'private', 'HF_TOKEN', '/settings/tokens'));
  });

  test('a private dataset, with a token of someone who may not read it', async () => {
    const fixture = await makeHub(FILES);
    fixture.repository.access = 'private';
    await expectRefusal(fixture, { token: TOKEN }, isMissing('may not read it', 'the option "token"'));
  });

  test('a token that the Hub does not know, also for a public dataset; where it is from is said', async () => {
    const fixture = await makeHub(FILES);
    await expectRefusal(
      fixture,
      { environment: { HF_TOKEN: stranger } },
      isAuth('bad-credentials', 'HF_TOKEN', '/settings/tokens', 'token: false'),
    );
  });

  test('a missing revision', async () => {
    const fixture = await makeHub(FILES);
    const words = ['revision "v9"', `${fixture.hub.url}/datasets/user/cases`];
    await expectRefusal(fixture, { revision: 'v9' }, isMissing(...words));
    await expectRefusal(fixture, { revision: 'f'.repeat(40) }, (error) => {
      expect(isVascuError(error, 'NOT_FOUND')).toBe(true);
    });
  });

  test('a missing file', async () => {
    const { hub, connect } = await makeHub(FILES);
    for (const error of [
      await failureOf(connect().stat('A.vtu')),
      await failureOf(connect().open('A.vtu')),
    ]) {
      isMissing(
        '"A.vtu"',
        'user/cases',
        'revision "main"',
        `${hub.url}/datasets/user/cases/tree/main`,
      )(error);
    }
  });

  test('a disabled dataset', async () => {
    const fixture = await makeHub(FILES);
    fixture.repository.disabled = true;
    await expectRefusal(fixture, {}, isAuth('no-permission', 'disabled', 'user/cases'));
    await expectRefusal(fixture, { token: TOKEN }, isAuth('no-permission', 'disabled'));
  });

  test.each([
    ['nobody', undefined, 'HF_TOKEN'],
    ['someone who has not accepted', TOKEN, 'the option "token"'],
  ])('a gated dataset is listed, and not opened for %s', async (_name, token, word) => {
    const fixture = await makeHub(FILES);
    fixture.repository.access = 'gated';
    const source = fixture.connect({ ...(token !== undefined && { token }) });
    expect(await listAll(source)).toHaveLength(2);
    for (const path of Object.keys(FILES)) {
      const error = await failureOf(source.open(path));
      isAuth('gated', `${fixture.hub.url}/datasets/user/cases`, 'accept', word)(error);
      expect(String(error)).not.toContain(TOKEN);
    }
  });

  test('too many requests, for longer than it is waited: the time is said, and no request is made in vain', async () => {
    const { hub, connect } = await makeHub(FILES);
    hub.limits.quotas.api = { requests: 1, windowSeconds: 300 };
    const source = connect({ maxWaitMs: 1000 });
    await source.commit();
    const error = await failureOf(listAll(source));
    expect(isVascuError(error, 'NETWORK') && error.status).toBe(429);
    expect(isVascuError(error, 'NETWORK') && error.retryAfterMs).toBeGreaterThan(200_000);
    expect(String(error)).toMatch(/\d+ s/);
    expect(hub.count('api')).toBe(1);
  });

  test('too many downloads: the time to wait comes with the error, and the next try makes no request', async () => {
    const { hub, connect } = await makeHub(FILES);
    hub.limits.quotas.resolvers = { requests: 1, windowSeconds: 300 };
    const source = connect();
    await (await source.open('a.vtu')).body.cancel();
    for (let attempt = 0; attempt < 3; attempt++) {
      const error = await failureOf(source.open('a.vtu'));
      expect(isVascuError(error, 'NETWORK') && error.retryable && error.retryAfterMs).toBeGreaterThan(
        200_000,
      );
    }
    expect(hub.count('resolve')).toBe(1);
    expect((await listAll(source)).length).toBe(2);
  });

  test.each([
    [3000, true],
    [500, false],
  ])('with a limit of %s files, whether one may be asked for twice: %s', async (requests, may) => {
    const { hub, connect } = await makeHub(FILES);
    hub.limits.quotas.resolvers = { requests, windowSeconds: 300 };
    const source = connect();
    await (await source.open('a.vtu')).body.cancel();
    expect(source.mayAskTwice).toBe(may);
  });

  test('no Hub at that address', async () => {
    const { connect } = await makeHub(FILES);
    const error = await failureOf(listAll(connect({ endpoint: 'http://127.0.0.1:1', maxWaitMs: 10 })));
    expect(isVascuError(error, 'NETWORK')).toBe(true);
    expect(String(error)).toContain('127.0.0.1:1');
  });

  test('offline: no request, and the variable is named', async () => {
    const fixture = await makeHub(FILES);
    await expectRefusal(fixture, { environment: { HF_HUB_OFFLINE: '1' } }, (error) => {
      expect(isVascuError(error, 'NETWORK') && error.retryable).toBe(false);
      expect(String(error)).toContain('HF_HUB_OFFLINE');
    });
    expect(fixture.hub.requests).toEqual([]);
  });

  test('a token of the environment does not go to a Hub that only an address names', async () => {
    const { hub, connect, repository } = await makeHub(FILES);
    repository.access = 'private';
    repository.readers.add(TOKEN);
    const repoId = `${hub.url}/datasets/user/cases`;
    const environment = { HF_TOKEN: TOKEN };
    const error = await failureOf(listAll(connect({ repoId, endpoint: undefined, environment })));
    isAuth('token-required', `HF_ENDPOINT=${hub.url}`)(error);
    expect(hub.requests.some(({ headers }) => headers.authorization !== undefined)).toBe(false);
    const trusting = { ...environment, HF_ENDPOINT: hub.url };
    expect(await listAll(connect({ repoId, endpoint: undefined, environment: trusting }))).toHaveLength(2);
  });
});

describe('options that cannot be used', () => {
  test.each<[string, Partial<HuggingFaceSourceOptions>]>([
    ['repoId', { repoId: 'cases' }],
    ['revision', { repoId: 'user/cases@v1', revision: 'v2' }],
    ['revision', { revision: ' ' }],
    ['endpoint', { endpoint: 'hub.example' }],
    ['endpoint', { repoId: 'https://other.example/datasets/user/cases' }],
    ['reposId', { reposId: 'user/cases' } as Partial<HuggingFaceSourceOptions>],
    ['idleTimeoutMs', { idleTimeoutMs: -1 }],
  ])('a ConfigError names %s', async (option, options) => {
    const { connect } = await makeHub(FILES);
    let error: unknown;
    try {
      connect(options);
    } catch (thrown) {
      error = thrown;
    }
    expect(isVascuError(error, 'CONFIG') && error.option).toBe(option);
  });
});
