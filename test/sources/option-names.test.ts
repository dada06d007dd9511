import { globSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { entriesOf } from '../../src/core/option-table.ts';
import { KINDS } from '../../src/sources/registry.ts';

/** Names that mean something else elsewhere: steps of a check, values, tools, profiles of settings, parts of a vessel. */
const OTHER_MEANINGS = ['http', 'index', 'password', 'port', 'profile', 'region', 'tls', 'token', 'verify'];

/** Places that have to name one option. */
const KNOWN = [
  // The guide's class checks its own way to a NAS.
  "src/streamers/nas-streamer.ts: 'accessMode'",
  // A code that nobody has named is that of a second factor.
  "src/cli/options/secrets.ts: 'otp'",
  // Variables by which a world is found, a field of the engine's messages.
  "src/engine/loader-operations.ts: 'environment'",
  // Headers that `readMesh` sends with its own requests to a web server.
  "src/mesh/read-mesh.ts: 'headers'",
  "src/mesh/web/read-web-mesh.ts: 'headers'",
  "src/mesh/web/web-address.ts: 'headers'",
  // The one function of a client whose answer nobody waits for.
  "src/engine/revive-options.ts: 'onWarning'",
];

test('options of sources are named in the folders of sources alone', () => {
  const names = new Set(KINDS.flatMap(({ options }) => entriesOf(options).map(([name]) => name)));
  for (const name of OTHER_MEANINGS) names.delete(name);
  expect(names.size).toBeGreaterThan(20);
  const found = globSync('src/**/*.ts', { exclude: ['src/sources/**', 'src/protocols/**'] }).flatMap((file) =>
    [...readFileSync(file, 'utf8').matchAll(/'(\w+)'/g)]
      .filter(([, name = '']) => names.has(name))
      .map(([quoted]) => `${file}: ${quoted}`),
  );
  expect([...new Set(found)].toSorted()).toEqual(KNOWN.toSorted());
});
