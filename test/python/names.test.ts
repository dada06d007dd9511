import { expect, test } from 'vitest';
import { StreamingVascuDataset, VascuDataset } from '../../src/data.ts';
import { CacheManager, DataStreamer, HuggingFaceStreamer, LocalStreamer, NASStreamer } from '../../src/io.ts';
import { arrayDataset, DataLoader, World } from '../../src/loader.ts';
import { failureOf } from '../temporary-folder.ts';
import { describeWithPython, runPython } from './python-process.ts';

function snakeCase(name: string): string {
  return name.replaceAll(/(?<=[a-z0-9])([A-Z])/g, (_, letter: string) => `_${letter.toLowerCase()}`);
}

/** The options of a class, as it lists them itself when it refuses one that it does not know. */
async function optionsOf(refuse: () => unknown): Promise<string[]> {
  const error = await failureOf((async () => refuse())());
  const [, list = ''] = /Its options are: (.*)\.$/.exec((error as Error).message) ?? [];
  expect(list).not.toBe('');
  return list.split(', ').map(snakeCase);
}

/** Options of TypeScript alone, and why. */
const NOT_IN_PYTHON = [
  'signal', // Ctrl-C and close() are what ends things there
  'source', // an object of TypeScript
];

const unknown = { noSuchOption: 1 } as object;
const OPTIONS: Readonly<Record<string, readonly (() => unknown)[]>> = {
  VascuDataset: [() => VascuDataset.open({ sourceUrl: '.', ...unknown })],
  StreamingVascuDataset: [() => StreamingVascuDataset.open({ sourceUrl: '.', ...unknown })],
  NASStreamer: (['api', 'smb'] as const).map(
    (accessMode) => () => new NASStreamer({ sourceUrl: 'h', accessMode, ...unknown }),
  ),
  HuggingFaceStreamer: [() => new HuggingFaceStreamer({ repoId: 'a/b', ...unknown })],
  LocalStreamer: [() => new LocalStreamer({ sourceUrl: '.', ...unknown })],
  CacheManager: [() => CacheManager.open(unknown)],
  DataLoader: [() => new DataLoader(arrayDataset([]), unknown)],
};

/** Methods of TypeScript that the Python classes do not have, and why. */
const OTHER_METHODS: Readonly<Record<string, readonly string[]>> = {
  // What the engine does between its own objects.
  VascuDataset: [
    'get',
    'work',
    'prefetch',
    'filesOf',
    'idOf',
    'sidecarOf',
    'metadataFilesOf',
    'commonFiles',
    'unusedFiles',
    'placeOf',
    'folder',
    'length',
    'givesSamplesAway',
    'shard', // a share of a job array is of the command line and of TypeScript; subset does it there
    'facts',
    'with', // with_ there, where the word is a keyword
  ],
  DataLoader: ['length'],
  DataStreamer: [
    'hasChanged',
    'openParts',
    'bytesHere',
    'readWhole',
    'keep',
    'keeper',
    'openKept',
    'track',
    'concurrencyFor',
    'maxConcurrency',
    'anticipate',
    'anticipates',
    'advise',
    'listEach',
    'capacity',
    'isHere',
    'caches',
    'use',
    'locate',
  ],
  NASStreamer: ['openParts'],
  CacheManager: ['advise', 'put', 'find', 'bytesOf', 'latest', 'keysBelow', 'hold', 'acquire', 'evictions'],
};
const HIDDEN = [
  'constructor',
  'worksAnywhere',
  'workModules',
  'signal',
  'holdFiles',
  'gather',
  'openEntry',
  'isHere',
  'passFiles',
  'isDecoded',
  'remake',
];

function methodsOf(kind: { readonly prototype: object }, name: string): string[] {
  const others = [...(OTHER_METHODS[name] ?? []), ...HIDDEN];
  return Object.getOwnPropertyNames(kind.prototype)
    .filter((method) => !others.includes(method))
    .map(snakeCase);
}

describeWithPython('names of the Python package', () => {
  test.each(Object.keys(OPTIONS))('%s has every option of the code', async (name) => {
    const program = `import json; from vascusim._options import TABLES; print(json.dumps(sorted(TABLES[${JSON.stringify(name)}])))`;
    const { stdout, stderr } = await runPython(['-c', program]);
    expect(stderr).toBe('');
    const lists = await Promise.all((OPTIONS[name] ?? []).map(optionsOf));
    const expected = [...new Set(lists.flat())].filter((option) => !NOT_IN_PYTHON.includes(option));
    expect(JSON.parse(stdout)).toEqual(expected.toSorted());
  });

  test('every method of the code is there, or is named above with its reason', async () => {
    const classes = { VascuDataset, DataStreamer, NASStreamer, CacheManager, DataLoader };
    const wanted = Object.entries(classes).map(([name, kind]) => [name, methodsOf(kind, name)]);
    const program = `import json, sys, vascusim
for name, methods in json.loads(sys.argv[1]):
    for method in methods:
        if not hasattr(getattr(vascusim, name), method):
            print(name, method)`;
    const { stdout, stderr } = await runPython(['-c', program, JSON.stringify(wanted)]);
    expect({ stdout, stderr }).toEqual({ stdout: '', stderr: '' });
    expect(wanted.flat(2).length).toBeGreaterThan(25);
  });

  test('a world has the same fields', async () => {
    const { stdout } = await runPython(['-c', 'import vascusim; print(*vars(vascusim.World(0, 1)))']);
    expect(stdout.trim().split(' ')).toEqual(Object.keys(World.single()).map(snakeCase));
  });
});
