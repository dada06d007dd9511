import { type ArrayKind, KIND_NAMES } from '../core/array-kinds.ts';
import type { GraphData } from '../core/graph.ts';

/** Makes a record without a prototype, so that any name is safe as a key. */
export function makeRecord<Value>(
  entries: Iterable<readonly [string, Value]>,
): Readonly<Record<string, Value>> {
  const record = Object.create(null) as Record<string, Value>;
  for (const [name, value] of entries) record[name] = value;
  return record;
}

/** Makes records without a prototype, which structured cloning gives them: array names must not meet it. */
export function withRecords(data: GraphData): GraphData {
  const records = KIND_NAMES.flatMap((kind) => {
    const arrays = data[kind];
    return arrays === undefined ? [] : [[kind, makeRecord(Object.entries(arrays))] as const];
  });
  const { parts } = data;
  const graph = { ...data, ...(Object.fromEntries(records) as Pick<GraphData, ArrayKind>) };
  if (parts === undefined) return graph;
  return {
    ...graph,
    parts: makeRecord(Object.entries(parts).map(([name, part]) => [name, withRecords(part)])),
  };
}
