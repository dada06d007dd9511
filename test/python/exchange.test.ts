import { expect, test } from 'vitest';
import { VascuDataset } from '../../src/data.ts';
import { DataLoader, type LoaderState } from '../../src/loader.ts';
import { smallVtu } from '../dataset/small-mesh.ts';
import { makeFolder } from '../temporary-folder.ts';
import { describeWithPython, runPython } from './python-process.ts';

/** Loads a state where there is one, takes some batches, and prints their ids and the state behind them. */
const PROGRAM = `import itertools, json, sys
from vascusim.data import VascuDataset
from vascusim.loader import DataLoader
folder, state, count = sys.argv[1], json.loads(sys.argv[2]), int(sys.argv[3])
loader = DataLoader(VascuDataset(folder), batch_size=2, shuffle=True, seed=9)
if state: loader.load_state_dict(state)
ids = [batch.id for batch in itertools.islice(loader, count)]
print(json.dumps({'ids': ids, 'state': loader.state_dict()}))`;

/** What Python and TypeScript say of some batches. */
interface Taken {
  readonly ids: readonly (readonly string[])[];
  readonly state: LoaderState;
}

async function takeInPython(
  folder: string,
  state: LoaderState | null,
  count: number,
  env: Readonly<Record<string, string>> = {},
): Promise<Taken> {
  const args = ['-c', PROGRAM, folder, JSON.stringify(state), String(count)];
  const { stdout, stderr } = await runPython(args, { env });
  if (stdout === '') throw new Error(stderr);
  return JSON.parse(stdout) as Taken;
}

async function takeInTypeScript(folder: string, state: LoaderState | null, count: number): Promise<Taken> {
  await using dataset = await VascuDataset.open({ sourceUrl: folder });
  await using loader = new DataLoader(dataset, { batchSize: 2, shuffle: true, seed: 9 });
  if (state !== null) loader.loadStateDict(state);
  const ids: (readonly string[])[] = [];
  for await (const batch of loader) {
    ids.push(batch.ids);
    if (ids.length === count) break;
  }
  return { ids, state: JSON.parse(JSON.stringify(loader.stateDict())) as LoaderState };
}

function makeCases(): Promise<string> {
  const entries = Array.from({ length: 11 }, (_, at) => [`case_${at}.vtu`, smallVtu({ points: 4 + at })]);
  return makeFolder(Object.fromEntries(entries));
}

describeWithPython('states of a loader', () => {
  test('go on from Python to TypeScript and back', async () => {
    const folder = await makeCases();
    const whole = await takeInTypeScript(folder, null, 6);
    const first = await takeInPython(folder, null, 2);
    const second = await takeInTypeScript(folder, first.state, 2);
    const third = await takeInPython(folder, second.state, 2);
    expect([...first.ids, ...second.ids, ...third.ids]).toEqual(whole.ids);
    expect(third.state).toEqual(whole.state);
  }, 120_000);

  test('two processes, started as torchrun does, make the batches of one', async () => {
    const folder = await makeCases();
    await using dataset = await VascuDataset.open({ sourceUrl: folder });
    await using loader = new DataLoader(dataset, { batchSize: 4, shuffle: true, seed: 9 });
    const whole: (readonly string[])[] = [];
    for await (const { ids } of loader) if (ids.length === 4) whole.push(ids);
    const of = await Promise.all(
      [0, 1].map((rank) => takeInPython(folder, null, 2, { RANK: String(rank), WORLD_SIZE: '2' })),
    );
    const joined = [0, 1].map((at) => of.flatMap(({ ids }) => ids[at] ?? []).toSorted());
    expect(joined).toEqual(whole.map((ids) => ids.toSorted()));
  }, 120_000);
});
