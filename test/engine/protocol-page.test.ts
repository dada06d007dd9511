import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { EngineHost } from '../../src/engine/engine-host.ts';

test('the page of the protocol has every operation, and no other', () => {
  const page = readFileSync('docs/guide/engine.md', 'utf8');
  const [, table = ''] = /^\| op \| takes \| gives \|\n\|[-|]+\n((?:\|.*\n)+)/m.exec(page) ?? [];
  const cells = table.split('\n').map((row) => row.split(' | ')[0] ?? '');
  const named = cells.flatMap((cell) => [...cell.matchAll(/`(\w+)`/g)].map(([, name]) => name));
  const { operations } = new EngineHost({ version: '0.0.0', place: 'a test' });
  expect(named.toSorted()).toEqual(Object.keys(operations).toSorted());
});
