import { chmodSync, linkSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { smallVtu } from '../test/dataset/small-mesh.ts';
import { Hub } from '../test/servers/hub.ts';
import { PASSWORD, startSamba, USERNAME } from '../test/servers/samba.ts';
import { CatalogueServer, lineOf, pathOf } from './catalogue-server.ts';

/** Place of datasets of many small meshes and one `metadata.jsonl`. */
export interface CataloguePlace extends AsyncDisposable {
  /** Makes a dataset of so many samples. @returns its address */
  make(count: number): string;
  readonly emptyUrl: string;
  /** Options by which it is opened. */
  readonly options?: object | undefined;
}

const MESH = smallVtu();

/** Text of the table of a dataset. */
function tableOf(count: number): string {
  return Array.from({ length: count }, (_, index) => lineOf('metadata.jsonl', index)).join('');
}

/** Makes a folder of meshes: those of one folder are links to one file. */
function makeFiles(folder: string, count: number): void {
  let first = '';
  for (let index = 0; index < count; index++) {
    const file = join(folder, pathOf(index));
    if (index % 1000 !== 0) linkSync(first, file);
    else {
      mkdirSync(join(file, '..'), { recursive: true });
      writeFileSync(file, MESH);
      first = file;
    }
  }
  writeFileSync(join(folder, 'metadata.jsonl'), tableOf(count));
}

/** Folder of this machine with datasets in folders by their number of samples. */
function makeFolders() {
  const root = mkdtempSync(join(tmpdir(), 'vascusim-bench-folders-'));
  // Samba looks as another user.
  chmodSync(root, 0o755);
  const make = (count: number): string => {
    makeFiles(join(root, String(count)), count);
    return join(root, String(count));
  };
  return { root, make, remove: () => rmSync(root, { recursive: true, force: true }) };
}

function openFolder(): CataloguePlace {
  const { make, remove } = makeFolders();
  return { make, emptyUrl: make(1), [Symbol.asyncDispose]: async () => remove() };
}

async function openShare(): Promise<CataloguePlace> {
  const { root, make, remove } = makeFolders();
  const samba = await startSamba({ folder: root });
  const urlOf = (count: number): string => {
    make(count);
    return `smb://${samba.host}:${samba.port}/sims/${count}`;
  };
  return {
    make: urlOf,
    emptyUrl: urlOf(1),
    options: { username: USERNAME, password: PASSWORD },
    async [Symbol.asyncDispose]() {
      await samba.stop();
      remove();
    },
  };
}

async function openHub(): Promise<CataloguePlace> {
  const hub = new Hub();
  await hub.start();
  const make = (count: number): string => {
    const files = Object.fromEntries(Array.from({ length: count }, (_, index) => [pathOf(index), MESH]));
    hub.add(`bench/n${count}`, { ...files, 'metadata.jsonl': tableOf(count) });
    return `hf://datasets/bench/n${count}`;
  };
  return {
    make,
    emptyUrl: make(1),
    options: { endpoint: hub.url },
    [Symbol.asyncDispose]: () => hub.close(),
  };
}

async function openServer(): Promise<CataloguePlace> {
  const server = await CatalogueServer.start();
  return {
    make: (count) => server.url(count),
    emptyUrl: server.emptyUrl,
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

/** Openers of the places, by the names that `--only` takes. */
export const CATALOGUE_PLACES: ReadonlyMap<string, () => CataloguePlace | Promise<CataloguePlace>> = new Map<
  string,
  () => CataloguePlace | Promise<CataloguePlace>
>([
  ['http', openServer],
  ['folder', openFolder],
  ['smb', openShare],
  ['hub', openHub],
]);
