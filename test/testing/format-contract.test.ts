import { expect, test } from 'vitest';
import type { MeshFile, MeshFormat } from '../../src/core/mesh-format.ts';
import { testFormat } from '../../src/testing.ts';
import { pointListFile } from '../formats/point-list/file.ts';
import { pointList } from '../formats/point-list/format.ts';

/** Names of the tests that a format fails. */
async function failuresOf(format: MeshFormat): Promise<string[]> {
  const failed: string[] = [];
  const running: Promise<void>[] = [];
  testFormat('mine', format, { 'a.points': pointListFile(6, ['p', 'q']) }, (name, run) => {
    running.push(run().catch(() => void failed.push(name.replace('mine: ', ''))));
  });
  await Promise.all(running);
  return failed;
}

/** The format with something of its opened files changed. */
function changed(change: (file: MeshFile) => Partial<MeshFile>): MeshFormat {
  return {
    ...pointList,
    load: async () => {
      const { open } = await pointList.load();
      return {
        open: async (...given) => {
          const file = await open(...given);
          return { ...file, ...change(file) };
        },
      };
    },
  };
}

test('a format that keeps the contract passes', async () => {
  expect(await failuresOf(pointList)).toEqual([]);
});

test.each<[string, MeshFormat, string]>([
  ['an extension without its dot', { ...pointList, extensions: ['points'] }, 'extensions are lower case'],
  ['whatever it is given', { ...pointList, recognize: () => true }, 'does not take a table for its own'],
  ['nothing', { ...pointList, recognize: () => false }, 'is told by its content'],
  [
    'other counts',
    changed(({ header }) => ({ header: { ...header, points: 7 } })),
    'has the header of its mesh',
  ],
  [
    'what cannot cross threads',
    changed(() => ({ parsed: () => undefined })),
    'is opened by what was known of its header',
  ],
  [
    'too little in its plan',
    changed(({ plan }) => ({
      plan: async (wish) => {
        const made = await plan(wish);
        if (typeof made === 'string') return made;
        return { stretches: made.stretches.map((stretch) => ({ ...stretch, wanted: false })) };
      },
    })),
    'is read from what a plan wants of it',
  ],
  [
    'all arrays',
    changed(({ read }) => ({ read: ({ signal }) => read({ signal }) })),
    'is read without arrays that are not named',
  ],
  [
    'no account of signals',
    changed(({ read }) => ({ read: ({ attributes }) => read({ attributes }) })),
    'rejects with the reason of a signal that was aborted before',
  ],
])('one that has %s fails', async (_, format, name) => {
  expect((await failuresOf(format)).join('\n')).toContain(name);
});
