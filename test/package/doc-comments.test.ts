import { globSync, readFileSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type DocComment, readSourceNames } from './doc-comments.ts';

/** Words that no noun phrase begins with. */
const REFUSED = new Set(
  `What How Where Which Whether Who Whom Whose When Why If As That Since While Until After Before Behind From To Into
  So It Its They Them Their For Of By In On Over At With Without Is Are Was Were Has Have Gets Said Told Sent Called
  Given Undefined Null Nothing Somebody Something Nobody Whoever None There This These Those Every Everything All Only
  Also Not No Or And But Must May Can Never Present See Used Applied Left Set`.split(/\s+/),
);
/** Nouns in the plural, which a look at the last letter takes for verbs. */
const PLURALS = new Set(
  `Addresses Arrays Attributes Batches Bits Bytes Cells Characters Codes Columns Corners Edges Entries Facts
  Failures Files Flags Folders Headers Indices Insertions Keys Kinds Lines Members Messages Nodes Offsets Options Parts
  Paths Pixels Points Ranges Rows Samples Secrets Sections Strings Values Variables Wordings Words`.split(
    /\s+/,
  ),
);
/** Words that are verbs of functions, and nouns in the plural of other things. */
const BOTH = new Set(
  `Answers Colours Counts Ends Holds Limits Lists Marks Measures Names Numbers Pairs Passes Pauses Places Plans Signs
  Steps Stretches Sums Tries Views`.split(/\s+/),
);
/** File names that each folder of one shape has: the folder says which. */
const SHAPES = new Set(
  `address.ts check.ts client.ts connection.ts exchange.ts file-body.ts file-requests.ts format.ts header-model.ts
  header-summary.ts header.ts kind.ts name.ts open.ts options.ts plan.ts polyhedra.ts read.ts registry.ts status.ts
  walk.ts`.split(/\s+/),
);

const files = globSync('src/**/*.ts').toSorted();
const sources = files.map((file) => ({ file, ...readSourceNames(file) }));
const comments = sources.flatMap((source) => source.comments).filter(({ text }) => text !== '');
const verbs = new Set(comments.filter(({ kind }) => kind === 'function').map(firstWord));

function firstWord({ text }: DocComment): string {
  return /^[^\s,.:;]*/.exec(text)?.[0] ?? '';
}

function roomOf(file: string): string {
  const [first = '', ...rest] = relative('src', file).split('/');
  return rest.length === 0 ? 'doors' : first;
}

/** Tells what is wrong with the first word of a doc comment; undefined where nothing is. */
function faultOf(comment: DocComment): string | undefined {
  const word = firstWord(comment);
  if (comment.kind === 'function') {
    const isVerb = /^[A-Z][a-z-]+s$/.test(word) && !REFUSED.has(word) && !PLURALS.has(word);
    return isVerb ? undefined : `a function's comment begins with a verb such as "Reads", not "${word}"`;
  }
  if (word === 'True' && comment.kind === 'boolean') return undefined;
  if (!/^[A-Z0-9]/.test(word) || REFUSED.has(word) || word === 'True')
    return `"${word}" begins no noun phrase`;
  const isVerb = verbs.has(word) && /^[A-Z][a-z]+s$/.test(word) && !BOTH.has(word) && !PLURALS.has(word);
  return isVerb && comment.kind !== 'callable' ? `"${word}" is a verb: say what it is` : undefined;
}

/** Lists the faults of a room, a line each. */
function faultsIn(room: string): string[] {
  return comments
    .filter(({ file }) => roomOf(file) === room)
    .flatMap((comment) => {
      const fault = faultOf(comment);
      return fault === undefined ? [] : [`${comment.file}:${comment.line}: ${fault}`];
    });
}

/** Lists the constants of a room that lack a noun or a unit. */
function namelessIn(room: string): string[] {
  return sources
    .filter(({ file }) => roomOf(file) === room)
    .flatMap(({ file, constants }) => constants.map((name) => ({ file, name })))
    .filter(({ name }) => !name.includes('_') || /^(?:MOST|LEAST)_/.test(name))
    .map(({ file, name }) => `${file}: ${name}`);
}

const rooms = [...new Set(files.map(roomOf))];

test.each(rooms)('doc comments of %s begin with a noun, those of functions with a verb', (room) => {
  expect(faultsIn(room)).toEqual([]);
});

test.each(rooms)('numeric constants of %s have a noun and a unit', (room) => {
  expect(namelessIn(room)).toEqual([]);
});

describe('the rule', () => {
  const comment = (kind: DocComment['kind'], text: string): DocComment => ({
    file: 'src/core/x.ts',
    line: 1,
    text,
    kind,
    name: undefined,
  });

  test.each([
    ['value', 'What a file holds.'],
    ['value', 'Whether it is there.'],
    ['value', 'Reads a file.'],
    ['value', 'True when it is there.'],
    ['value', '`a` or `b`.'],
    ['boolean', 'Whether it is there.'],
    ['callable', 'Called with each file.'],
    ['function', 'Bytes of a file.'],
    ['function', 'The bytes of a file.'],
    ['function', 'Read a file.'],
  ] as const)('refuses on a %s: %s', (kind, text) => {
    expect(faultOf(comment(kind, text))).toBeDefined();
  });

  test.each([
    ['value', 'Content of a file.'],
    ['value', 'Counts of what was done.'],
    ['value', 'A file that is there.'],
    ['boolean', 'True when it is there.'],
    ['callable', 'Opens a file.'],
    ['function', 'Reads a file.'],
  ] as const)('takes on a %s: %s', (kind, text) => {
    expect(faultOf(comment(kind, text))).toBeUndefined();
  });
});

/** Finds what a door exports, by file: `export *` stands for all that the file declares. */
function exportsOf(door: string): { readonly file: string; readonly name: string }[] {
  const text = readFileSync(door, 'utf8');
  const all = [...text.matchAll(/export \* from '([^']+)'/g)].flatMap(([, from = '']) => {
    const file = join(dirname(door), from);
    if (dirname(file) === 'src') return exportsOf(file);
    const declared = /^export (?:abstract )?(?:async )?(?:class|function\*?|const|interface|type) (\w+)/gm;
    return [...readFileSync(file, 'utf8').matchAll(declared)].map(([, name = '']) => ({ file, name }));
  });
  const named = [...text.matchAll(/export (?:type )?\{([^}]*)\} from '([^']+)'/g)].flatMap(
    ([, list = '', from = '']) =>
      list
        .split(',')
        .map((each) =>
          each
            .trim()
            .replace(/^type /, '')
            .replace(/ as .*$/, ''),
        )
        .filter((name) => name !== '')
        .map((name) => ({ file: join(dirname(door), from), name })),
  );
  return [...all, ...named];
}

// The browser's face of mesh has the names of the other one, whose declarations are the package's types.
const doors = globSync('src/*.ts').filter((door) => basename(door) !== 'mesh.browser.ts');

test.each(doors.toSorted())('everything that %s exports has a doc comment', (door) => {
  const found = exportsOf(door);
  const documented = new Set(comments.map(({ file, name }) => `${file} ${name}`));
  expect(found.length).toBeGreaterThan(0);
  expect(found.map(({ file, name }) => `${file} ${name}`).filter((each) => !documented.has(each))).toEqual(
    [],
  );
});

test('no two files have one name, but for those that folders of one shape have', () => {
  const names = files.filter((file) => dirname(file) !== 'src').map((file) => basename(file));
  const twice = names.filter((name, index) => !SHAPES.has(name) && names.indexOf(name) !== index);
  expect(twice).toEqual([]);
});

test('no two exported types have one name', () => {
  const names = files.flatMap((file) =>
    [...readFileSync(file, 'utf8').matchAll(/^export (?:abstract )?(?:class|interface|type) (\w+)/gm)].map(
      ([, name = '']) => name,
    ),
  );
  const twice = names.filter((name, index) => names.indexOf(name) !== index);
  expect(twice).toEqual([]);
});
