import type { ConnectionStep } from '../../core/connection.ts';
import type { FileEntry, ReadOptions, Source } from '../../core/source.ts';
import { checkName, checkPort, fine, runSteps, type StepOutcome } from '../connection-steps.ts';

/** Server as far as the check looks at it. */
export interface CheckedServer extends Pick<Source, 'list' | 'open'> {
  readonly host: string;
  readonly port: number;
  connect(options: ReadOptions): Promise<void>;
  describe(options: ReadOptions): Promise<{
    readonly dialect: string;
    readonly signing: string | undefined;
    readonly cipher: string | undefined;
    readonly isGuest: boolean;
  }>;
  listShares(options: ReadOptions): Promise<string[]>;
  listDirectory(path: string, options: ReadOptions): Promise<readonly { readonly isDirectory: boolean }[]>;
}

/** Bytes of a file that are read. */
const SAMPLE_BYTES = 64 * 1024;

/** Looks at what lies between here and the files of a server; ends at the first step that fails. */
export function checkServer(
  server: CheckedServer,
  { path = '', signal }: ReadOptions & { readonly path?: string | undefined },
): Promise<ConnectionStep[]> {
  const { host, port } = server;
  const folder = path.replace(/^\/+|\/+$/g, '');
  return runSteps(
    [
      ['name', () => checkName(host, 'Check the spelling, give the address, or connect the VPN.')],
      [
        'port',
        () =>
          checkPort(
            host,
            port,
            'Check the port (445 is usual), that the server runs and shares files by SMB, and the firewalls between.',
            signal,
          ),
      ],
      [
        'login',
        async () => {
          await server.connect({ signal });
          const { dialect, signing, cipher, isGuest } = await server.describe({ signal });
          const how = cipher === undefined ? `signed by ${signing ?? 'nobody'}` : `encrypted by ${cipher}`;
          return fine(`SMB ${dialect}, ${isGuest ? 'as guest' : `logged in, ${how}`}`);
        },
      ],
      ['share', () => checkShares(server, folder, signal)],
      ['directory', () => checkFolder(server, folder, signal)],
      ['sample', () => checkSample(server, folder, signal)],
    ],
    signal,
  );
}

async function checkShares(
  server: CheckedServer,
  folder: string,
  signal: AbortSignal | undefined,
): Promise<StepOutcome> {
  const shares = await server.listShares({ signal });
  const [wanted = ''] = folder.split('/');
  const seen = `shares seen: ${shares.length === 0 ? 'none' : shares.join(', ')}`;
  // A share whose name ends in $ is not shown, and may be entered all the same.
  if (wanted === '' ? shares.length > 0 : shares.includes(wanted) || wanted.endsWith('$')) return fine(seen);
  return {
    ok: false,
    found: wanted === '' ? seen : `the share "${wanted}" is not among them; ${seen}`,
    remedy: 'Give the user read permission for the share, or name another one.',
  };
}

async function checkFolder(
  server: CheckedServer,
  folder: string,
  signal: AbortSignal | undefined,
): Promise<StepOutcome> {
  const entries = await server.listDirectory(folder, { signal });
  const folders = entries.filter(({ isDirectory }) => isDirectory).length;
  const count = (number: number, what: string): string => `${number} ${what}${number === 1 ? '' : 's'}`;
  return fine(`"${folder}" holds ${count(entries.length - folders, 'file')} and ${count(folders, 'folder')}`);
}

async function checkSample(
  server: CheckedServer,
  folder: string,
  signal: AbortSignal | undefined,
): Promise<StepOutcome> {
  let sample: FileEntry | undefined;
  for await (const entry of server.list({ prefix: folder === '' ? '' : `${folder}/`, signal })) {
    if (entry.size === 0) continue;
    sample = entry;
    break;
  }
  if (sample === undefined) return fine('no file was found to read');
  const end = Math.min(sample.size, SAMPLE_BYTES);
  const { body } = await server.open(sample.path, { signal, range: { start: 0, end } });
  let length = 0;
  for await (const chunk of body) length += chunk.byteLength;
  return fine(`read ${length} of the ${sample.size} bytes of "${sample.path}"`);
}
