import { convertDataset, type ResultKind, Shard, VascuDataset } from '../../../src/index.ts';

/*
 * Converts a share of a folder, as a program of its own: SOURCE DIRECTORY FORM [SHARE]. Says on standard output what it did.
 */

const [sourceUrl = '', directory = '', to, share] = process.argv.slice(2);
await using dataset = await VascuDataset.open({ sourceUrl });
const shard = share === undefined ? undefined : Shard.parse(share);
const shardSize = to === 'webdataset' ? 6000 : undefined;
const report = await convertDataset(dataset, directory, { to: to as ResultKind, shard, shardSize, jobs: 1 });
console.log(JSON.stringify(report));
