import { describe, expect, test } from 'vitest';
import type { Hub } from '../servers/hub.ts';
import { startHub } from '../servers/start-hub.ts';
import { makeFolder } from '../temporary-folder.ts';
import { useDemoFolder } from './demo-folder.ts';
import { runExample } from './run-example.ts';

const TOKEN = 'hf_SecretOfTheExamples';
const demo = useDemoFolder();

async function environmentOf(hub: Hub): Promise<Record<string, string>> {
  return { HF_ENDPOINT: hub.url, HF_HOME: await makeFolder(), VASCUSIM_CACHE_DIR: await makeFolder() };
}

/** Files in the folder `cases`. */
function casesOf(samples: readonly string[]): Record<string, Uint8Array> {
  const files = Object.entries(demo.read(samples));
  return Object.fromEntries(files.map(([name, content]) => [`cases/${name}`, content]));
}

describe('examples with the Hugging Face Hub', () => {
  test('hugging-face-public: the first sample, without an account', async () => {
    const hub = await startHub();
    hub.add('username/vascular-dataset', casesOf(['patient_01', 'patient_05']));
    const { lines } = await runExample('hugging-face-public', await environmentOf(hub));
    expect(lines).toEqual(['2 samples', 'cases/patient_01: 3645 nodes, patient P001']);
    expect(hub.requests.some(({ headers }) => headers.authorization !== undefined)).toBe(false);
  });

  test('hugging-face-private: with a token, which stays with the Hub', async () => {
    const hub = await startHub();
    const repository = hub.add('username/private-dataset', casesOf(['patient_01', 'patient_05']));
    repository.access = 'private';
    repository.readers.add(TOKEN);
    hub.tokens.add(TOKEN);
    const { lines } = await runExample('hugging-face-private', {
      ...(await environmentOf(hub)),
      MY_TOKEN: TOKEN,
    });
    expect(lines).toEqual([
      expect.stringMatching(/^cases\/patient_01\.vtu \d+$/),
      expect.stringMatching(/^cases\/patient_05\.vtu \d+$/),
      'cases/patient_01.vtu: 3645 points, age 28',
    ]);
    const outside = hub.requests.filter(({ route }) => route === 'cdn');
    expect(outside.length).toBeGreaterThan(0);
    expect(JSON.stringify(outside)).not.toContain(TOKEN);
  });

  test('hugging-face-private: without a token it says how to give one', async () => {
    const hub = await startHub();
    hub.add('username/private-dataset', casesOf(['patient_01'])).access = 'private';
    const failure = await runExample('hugging-face-private', {
      ...(await environmentOf(hub)),
      MY_TOKEN: 'hf_unknown',
    }).catch((error: { readonly stderr: string }) => error);
    expect(failure.stderr).toMatch(/AuthError|NotFoundError/);
    expect(failure.stderr).toMatch(/token/);
  });
});
