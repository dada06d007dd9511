import { VascuDataset } from 'vascusim/data';

// Results of the Vascular Model Repository: one zip of 0.4 to 18 GB a simulation, behind a table of file names.
await using dataset = await VascuDataset.open({
  sourceUrl: process.env['VMR_URL'] ?? 'https://www.vascularmodel.com/',
  index: 'dataset/file_sizes.csv',
  sourceDir: 'svresults',
  // Which archives are gone into: all would be listed, at two small requests each.
  archives: process.env['VMR_ARCHIVES'] ?? 'svresults/0003_0001/**',
  includeAttributes: (process.env['VMR_ARRAYS'] ?? 'pressure_02000').split(','),
});
console.log(`${dataset.length} samples`);
for (const { path, size } of dataset.samples) console.log(`${path}: ${(size / 1e6).toFixed(3)} MB`);

const data = await dataset.get(0);
const { archives, partial } = dataset.streamer.stats();
console.log(`${data.id}: ${data.numNodes} nodes, ${Object.keys(data.node).join(', ')}`);
console.log(`${archives.opened} archives listed, ${partial.files} files read by parts`);
