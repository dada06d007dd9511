import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { readTrip } from '../../bench/sample-trip.ts';

const trip = readTrip();

test('the trip of a sample in architecture.md has twelve steps', () => {
  expect(trip).toHaveLength(12);
});

test.each(trip)('$name, a step of the trip, is in $file', ({ file, name }) => {
  const code = readFileSync(new URL(`../../src/${file}`, import.meta.url), 'utf8');
  const [first = '', method] = name.split('.');
  if (method === undefined) expect(code).toMatch(new RegExp(`function\\*? ${first}\\b`));
  else {
    expect(code).toMatch(new RegExp(`class ${first}\\b`));
    expect(code).toMatch(new RegExp(`^  (?:async )?${method}[<(]`, 'm'));
  }
});
