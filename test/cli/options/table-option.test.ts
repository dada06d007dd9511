import { describe, expect, test } from 'vitest';
import { readTableOption } from '../../../src/cli/options/table-option.ts';
import { UsageError } from '../../../src/cli/usage-error.ts';

describe('--metadata', () => {
  test.each([
    ['cases.csv', { file: 'cases.csv' }],
    ['a:b/cases.csv', { file: 'a:b/cases.csv' }],
    ['cases.csv:case', { file: 'cases.csv', key: ['case'] }],
    ['a:b/c:d.csv:case', { file: 'a:b/c:d.csv', key: ['case'] }],
    ['cases.csv:case=case id', { file: 'cases.csv', key: ['case'], column: ['case id'] }],
    ['cases.csv:case=a=b', { file: 'cases.csv', key: ['case'], column: ['a=b'] }],
    ['cases.csv:case=id, flow', { file: 'cases.csv', key: ['case', 'flow'], column: ['id', 'flow'] }],
    ['{n:number}.csv', { file: '{n:number}.csv' }],
    ['run_{n}/{n:number}.json', { file: 'run_{n}/{n:number}.json' }],
    ['file:///x/cases.csv', { file: 'file:///x/cases.csv' }],
    ['file:///x/cases.csv:case', { file: 'file:///x/cases.csv', key: ['case'] }],
  ])('%s', (text, expected) => {
    expect(readTableOption(text)).toEqual({ ...expected });
  });

  test.each(['', ':case', 'cases.csv:', 'cases.csv:=a', 'cases.csv:case=', 'cases.csv:a,,b'])(
    '%j cannot be used',
    (text) => {
      expect(() => readTableOption(text)).toThrow(UsageError);
    },
  );
});
