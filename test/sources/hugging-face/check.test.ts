import { describe, expect, test } from 'vitest';
import { makeHub, TOKEN } from './hub-fixture.ts';

const FILES = { 'a.vtu': 'one', 'cases/b.vtu': 'two' };

describe('check', () => {
  test('says what it found at each step, and never the token', async () => {
    const { repository, connect } = await makeHub(FILES);
    const steps = await connect({ environment: { HF_TOKEN: TOKEN } }).check();
    expect(steps.map(({ name, ok }) => [name, ok])).toEqual([
      ['settings', true],
      ['token', true],
      ['dataset', true],
      ['list', true],
      ['read a sample', true],
    ]);
    const found = steps.map((step) => step.found).join('\n');
    expect(found).toContain('HF_TOKEN');
    expect(found).toContain(String(repository.refs.get('main')));
    expect(found).toContain('2 files');
    expect(found).toContain('3 of 3 bytes');
    expect(found).not.toContain(TOKEN);
  });

  test('ends at the step that fails', async () => {
    const { repository, connect } = await makeHub(FILES);
    repository.access = 'gated';
    const steps = await connect().check();
    expect(steps.at(-1)).toMatchObject({ name: 'read a sample', ok: false });
    expect(steps.at(-1)?.found).toContain('accept');
    const wrong = await connect({ token: 'hf_wrong' }).check();
    expect(wrong.map(({ ok }) => ok)).toEqual([true, false]);
    expect(wrong.at(-1)?.found).not.toContain('hf_wrong');
  });

  test('looks at the folder it is given', async () => {
    const { connect } = await makeHub(FILES);
    const steps = await connect().check({ path: 'cases/' });
    expect(steps.at(-1)?.found).toContain('cases/b.vtu');
  });

  test('makes no request offline', async () => {
    const { hub, connect } = await makeHub(FILES);
    const snapshot = await connect().snapshot();
    const before = hub.requests.length;
    const steps = await connect({ offline: true, snapshot }).check();
    expect(steps.map(({ ok }) => ok)).toEqual([true, true, true, true, false]);
    expect(steps.at(-1)?.found).toContain('HF_HUB_OFFLINE');
    expect(hub.requests).toHaveLength(before);
  });
});
