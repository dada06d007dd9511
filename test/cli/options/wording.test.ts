import { globSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { COMMANDS } from '../../../src/cli/command-list.ts';
import { adviceIn } from '../../../src/cli/options/advice.ts';
import type { Situation } from '../../../src/cli/options/situation.ts';
import { reword } from '../../../src/cli/options/wording.ts';
import {
  AuthError,
  type AuthReason,
  CacheError,
  ConfigError,
  NetworkError,
  type VascuError,
} from '../../../src/core/errors.ts';
import type { PlaceKind } from '../../../src/streamers/place.ts';

/** What a command line cannot come to: options that it does not set, functions, classes, codes of programs. */
const NOT_REACHED = [
  /^src\/(?:cli|render\/(?:stroke|font)|loader\/(?:loader-|sampler|budget|world|data-loader|epoch-run)|graph\/feeds)/,
  /^src\/(?:dataset\/(?:mesh-owners|decoded-files|streaming-vascu|time\/open-window)|decode\/(?:transform|take-graph|decoded-graph)|mesh\/(?:mesh-bytes|mesh-files|read-opened|web\/)|(?:graph|render)\/\S+-browser|partial\/shared-mesh|download\/whole-files|testing\/)/,
  /^src\/(?:sources\/synology\/(?:device-ids|options)|core\/known-options)/,
];
const NOT_SAID = [
  /filterFn must be|data\.slice\(\)|has no option "|must be "?\$\{?|^\S+ with accessMode|requireEncryption exclude|The header \S+ is set by HttpSource/,
  /Over http: everybody|computes no MD5|options url and host|^accessMode \S+: use|no work\(\) method/,
  // Parts as objects.
  /^mergeStatistics needs a list|^graphOf of the part |of samples must be a template or \{ pattern/,
  // Not sentences: code, headers, parts of files.
  /<\/?\w|^[\w -]*: ?$|=>|\bimport\b/,
];
/** Names that are spelt like this everywhere. */
const PROPER =
  /\b(?:ParaView|QuickConnect|PolyData|UnstructuredGrid|AppendedData|VascuSim|DataArray|FieldData|FileStation|PDataArray|PPoints|NumberOf\w+|DataSet|OneDrive|LittleEndian|BigEndian|[A-Z]\w*-\w+|PUnstructuredGrid|PPolyData|VTKFile|vtk\w+|DataFile|CellData|PointData|NetBIOS|OpenSSL|WebDAV)\b/g;

/** The texts of several words in the library. */
function findMessages(): string[] {
  const messages = new Set<string>();
  for (const file of globSync('src/**/*.ts').toSorted()) {
    if (NOT_REACHED.some((room) => room.test(file))) continue;
    const code = readFileSync(file, 'utf8')
      .replaceAll(/\/\*[\s\S]*?\*\//g, '')
      .replaceAll(/^\s*\/\/.*$/gm, '');
    for (const [, single, template] of code.matchAll(/'((?:[^'\\\n]|\\.)*)'|`((?:[^`\\]|\\.)*)`/g)) {
      const text = (single ?? template ?? '').replaceAll(/\\(.)/g, '$1').replaceAll(/\$\{[^{}]*\}/g, '§');
      const isProse = (text.match(/[a-z] /g) ?? []).length >= 2 && !/\$\{|\n\s/.test(text);
      if (isProse && !NOT_SAID.some((each) => each.test(text))) messages.add(text);
    }
  }
  return [...messages];
}

const MESSAGES = findMessages();

/** Each command with its options. */
async function findSituations(): Promise<(readonly [command: string, Situation])[]> {
  const situations: [string, Situation][] = [];
  for (const { name, load } of COMMANDS) {
    const command = (await load())(AbortSignal.abort());
    for (const each of command.commands.length === 0 ? [command] : command.commands) {
      const flags = new Set([
        '--quiet',
        '--verbose',
        '--help',
        ...each.options.flatMap(({ long }) => long ?? []),
      ]);
      const kinds: (PlaceKind | undefined)[] = flags.has('--type')
        ? ['local', 'nas', 'hf', 'http']
        : [undefined];
      for (const kind of kinds) situations.push([`${name} ${each.name()} ${kind}`, { flags, kind }]);
    }
  }
  return situations;
}

const SITUATIONS = await findSituations();

/** Options that a text names, where the command that it names after "vascusim" has them all. */
function flagsIn(text: string): string[] {
  return [
    ...text.replaceAll(/vascusim \w+(?: \w+)?(?: --[\w-]+)*/g, '').matchAll(/(?<![\w-])--[a-z][\w-]*/g),
  ].map(([flag]) => flag);
}

test('there is something to look at', () => {
  expect(MESSAGES.length).toBeGreaterThan(300);
  expect(SITUATIONS.length).toBeGreaterThan(30);
});

test.each(SITUATIONS)('%s: no message names an option or a function of the library', (_, situation) => {
  const found = MESSAGES.map((message) => reword(message, situation)).filter((text) =>
    /\b[a-z]+[A-Z]\w*|\b(?:HttpSource|NASStreamer|CacheManager|LocalSource|DataStreamer)\b|\(\)|\b(?:the|as the|this) options? (?:"|\w+\b(?! of))|\b(?:secure|guest|token|proxy|mode|index|tls|oversized): (?:'|true|false|\{)/.test(
      text.replaceAll(PROPER, ''),
    ),
  );
  expect(found).toEqual([]);
});

test.each(SITUATIONS)('%s: no message names an option that the command does not have', (_, situation) => {
  const found = MESSAGES.map((message) => reword(message, situation)).filter((text) =>
    flagsIn(text).some((flag) => situation.flags?.has(flag) !== true),
  );
  expect(found).toEqual([]);
});

test.each(SITUATIONS)('%s: messages stay sentences', (_, situation) => {
  const broken = MESSAGES.filter((message) => {
    const text = reword(message, situation);
    if (text === message) return false;
    return (
      /\b(?:a|an|the|A|An|The) (?:a|an|the)\b|\b(?:JOBS|RAISE|OPTION|TYPE|SECURITY|SECURE)\b| {2}|[,;:]\.|\(\s*\)/.test(
        text,
      ) ||
      // What began with a capital still does.
      (/^[A-Z]/.test(message) && !/^(?:[A-Z]|--)/.test(text)) ||
      /\. [a-z]/.test(text.replaceAll(/\. (?=vascusim)/g, '')) !== /\. [a-z]/.test(message)
    );
  });
  expect(broken.map((message) => reword(message, situation))).toEqual([]);
});

const REASONS: readonly AuthReason[] = [
  'bad-credentials',
  'otp-required',
  'otp-wrong',
  'account-locked',
  'password-expired',
  'ip-blocked',
  'no-permission',
  'gated',
  'token-required',
  'certificate',
];

/** Every option that a ConfigError of the library names. */
function findOptions(): string[] {
  const options = new Set<string>([
    'tls.ca',
    'tls.fingerprint256',
    'width',
    'maxSize',
    'maxCacheSize',
    'background',
  ]);
  for (const file of globSync('src/**/*.ts')) {
    for (const [, name = ''] of readFileSync(file, 'utf8').matchAll(/new ConfigError\(\s*'([\w.]+)'/g))
      options.add(name);
  }
  return [...options];
}

const ERRORS: readonly VascuError[] = [
  ...findOptions().map((option) => new ConfigError(option, 'It cannot be used.')),
  ...REASONS.map((reason) => new AuthError(reason, 'It was refused.')),
  new NetworkError('It failed.'),
  new CacheError('It failed.'),
];

test.each(SITUATIONS)('%s: hints name options that the command has', (_, situation) => {
  const hints = ERRORS.map((error) => adviceIn(error, situation)).filter((hint) => hint !== undefined);
  const wrong = hints.filter((hint) => flagsIn(hint).some((flag) => situation.flags?.has(flag) !== true));
  expect(wrong).toEqual([]);
});

const NAS = /--user|VASCUSIM_PASSWORD|--port|--domain|--guest|-secure|OTP/;
const HUB = /HF_TOKEN|VASCUSIM_TOKEN|--revision|--endpoint/;

test.each([
  ['local', [NAS, HUB, /doctor/]],
  ['http', [NAS, HUB]],
  ['hf', [NAS]],
  ['nas', [HUB]],
] as const)('hints for a source of the kind %s are of no other kind', (kind, foreign) => {
  const flags = SITUATIONS.find(([command]) => command === `ls ls ${kind}`)?.[1].flags;
  // One-time codes are asked for by a NAS alone.
  const errors = ERRORS.filter((error) => !(error instanceof AuthError && error.reason.startsWith('otp')));
  const hints = errors.map((error) => adviceIn(error, { flags, kind }) ?? '');
  expect(hints.filter((hint) => foreign.some((each) => each.test(hint)))).toEqual([]);
});
