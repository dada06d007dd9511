import { StreamingVascuDataset } from 'vascusim/data';

/** Opens a folder of samples, keeps some by their metadata and goes through them in order, prefetching. */
export async function listHealthyOver50(folder: string): Promise<string[]> {
  await using dataset = await StreamingVascuDataset.open({
    sourceUrl: folder,
    streamingType: 'local',
    prefetch: true,
    prefetchSize: 5,
    filterFn: (metadata) => metadata['is_healthy'] === true && Number(metadata['patient_age'] ?? 0) > 50,
    includeAttributes: ['pressure', 'velocity'],
  });
  const lines: string[] = [];
  for await (const data of dataset) {
    const { pressure, velocity } = data.node;
    lines.push(
      `${data.id}: age ${String(data.metadata['patient_age'])}, ${data.numNodes} nodes, ` +
        `pressure [${pressure?.shape.join(', ')}], velocity [${velocity?.shape.join(', ')}]`,
    );
  }
  return lines;
}
