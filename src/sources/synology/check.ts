import type { ConnectionStep } from '../../core/connection.ts';
import { isVascuError } from '../../core/errors.ts';
import type { ByteRange, SourceFile } from '../../core/source.ts';
import { isSystemFolder } from '../../core/system-folders.ts';
import {
  checkName,
  checkPort,
  fine,
  type PlannedStep,
  runSteps,
  type StepOutcome,
} from '../connection-steps.ts';
import { ApiFailure, fileFailure, leftOutReason } from './codes.ts';
import type { NasConnection } from './connection.ts';
import type { NasEntry } from './entries.ts';
import type { RangeSupport } from './file-downloads.ts';
import { describeFolder, listFolder, tryListFolder } from './folders.ts';

/** Context of a check: what it looks at. */
export interface CheckContext {
  readonly nas: NasConnection;
  /** Folder or file, empty for all shares. */
  readonly path: string;
  /** Finds what lies at a path; of a missing one the error says what there is. */
  find(path: string): Promise<NasEntry>;
  open(path: string, range: ByteRange): Promise<SourceFile>;
  ranges(): RangeSupport;
}

const NAME_REMEDY =
  'Check the spelling, give the address (DSM: Control Panel > Network), or connect the VPN.';
const PORT_REMEDY =
  'Check the port (DSM: Control Panel > Login Portal; 5000 is http, 5001 is https), that the NAS runs, and the firewalls between.';
/** Bytes of a file that are read. */
const SAMPLE_BYTES = 64 * 1024;
/** Folders side by side that are looked into until one may be read. */
const MAX_TRIED = 20;

/** Tries one step after the other and stops at the first that fails. */
export async function checkSteps(context: CheckContext, signal: AbortSignal): Promise<ConnectionStep[]> {
  const { nas } = context;
  const { host, port, secure } = nas.address;
  let sample: NasEntry | undefined;
  const plan: readonly PlannedStep[] = [
    ...(nas.usesProxy
      ? []
      : ([
          ['name', () => checkName(host, NAME_REMEDY)],
          ['port', () => checkPort(host, port, PORT_REMEDY, signal)],
        ] as const)),
    ...(secure ? ([['tls', () => checkCertificate(nas, signal)]] as const) : []),
    ['api', () => checkApi(nas)],
    ['login', () => checkLogin(nas, signal)],
    ['file-station', () => checkFileStation(nas, signal)],
    ['share', () => checkShares(context, signal)],
    [
      'directory',
      async () => {
        const { outcome, file } = await checkDirectory(context, signal);
        sample = file;
        return outcome;
      },
    ],
    ['sample', () => checkSample(context, sample)],
  ];
  return runSteps(plan, signal);
}

async function checkCertificate(nas: NasConnection, signal: AbortSignal): Promise<StepOutcome> {
  let certificate: Awaited<ReturnType<NasConnection['certificate']>>;
  try {
    certificate = await nas.certificate(signal);
  } catch (error) {
    if (!isVascuError(error, 'NETWORK')) throw error;
    const remedy = `Of a NAS as it is delivered port 5000 is http, 5001 is https: give the right port, or secure: false.`;
    return { ok: false, found: error.message, remedy };
  }
  const { fingerprint256, subject, validTo, problem } = certificate;
  const seen = `certificate of "${subject}", valid until ${validTo.toISOString().slice(0, 10)}, SHA-256 ${fingerprint256}`;
  if (problem === undefined) return fine(seen);
  return {
    ok: false,
    found: `${seen}; it ${problem}`,
    remedy: `If that is the fingerprint of this NAS (DSM: Control Panel > Security > Certificate), pass tls: { fingerprint256: '${fingerprint256}' }; or tls: { ca } with the certificate of its authority.`,
  };
}

async function checkApi(nas: NasConnection): Promise<StepOutcome> {
  const { auth, list, download } = await nas.apis();
  const dsm = list.version === 1 ? 'DSM 5' : auth.newest >= 7 ? 'DSM 7' : 'DSM 6';
  return fine(
    `${dsm} (sign-in up to version ${auth.newest}, File Station at ${[...new Set([list.path, download.path])].join(', ')})`,
  );
}

async function checkLogin(nas: NasConnection, signal: AbortSignal): Promise<StepOutcome> {
  await nas.signIn(signal);
  return fine(`signed in as "${nas.username}"${await describeSystem(nas, signal)}`);
}

/** Describes model and exact version, which not every account may see. */
async function describeSystem(nas: NasConnection, signal: AbortSignal): Promise<string> {
  if ((await nas.apis()).system === undefined) return '';
  try {
    const label = 'the description of the NAS';
    const data = await nas.call({ api: 'system', method: 'getinfo', parameters: () => ({}), label, signal });
    const { model, version_string: version } = data;
    return typeof model === 'string' && typeof version === 'string' ? `; ${model}, ${version}` : '';
  } catch (error) {
    if (isVascuError(error)) return '';
    throw error;
  }
}

async function checkFileStation(nas: NasConnection, signal: AbortSignal): Promise<StepOutcome> {
  await nas.call({ api: 'info', method: 'get', parameters: () => ({}), label: 'File Station', signal });
  return fine(`"${nas.username}" may use File Station`);
}

async function checkShares({ nas, path }: CheckContext, signal: AbortSignal): Promise<StepOutcome> {
  const shares = (await listFolder(nas, '', signal)).map(({ name }) => name).toSorted();
  const [wanted = ''] = path.split('/');
  const seen = shares.length === 0 ? 'no share' : shares.join(', ');
  if (wanted === '' ? shares.length > 0 : shares.includes(wanted)) return fine(`shares seen: ${seen}`);
  const missing = wanted === '' ? '' : `the share "${wanted}" is not seen; `;
  return {
    ok: false,
    found: `${missing}"${nas.username}" sees ${seen}`,
    remedy: `Give "${nas.username}" read permission (DSM: Control Panel > Shared Folder > Edit > Permissions), or another path.`,
  };
}

/** Looks at the path, and for a file to read in it. */
async function checkDirectory(
  { nas, path, find }: CheckContext,
  signal: AbortSignal,
): Promise<{ readonly outcome: StepOutcome; readonly file: NasEntry | undefined }> {
  const shares = path === '' ? await listFolder(nas, '', signal) : [];
  const wanted = path === '' ? ((await firstReadable(nas, shares, signal)) ?? shares[0])?.path : path;
  const found = await find(wanted ?? '');
  if (!found.isDirectory) return { outcome: fine(`"${wanted}" is a file`), file: found };
  let entries = await listFolder(nas, found.path, signal);
  const outcome = fine(`"${wanted}" holds ${entries.length} ${entries.length === 1 ? 'entry' : 'entries'}`);
  // The first file, also of the first folders below.
  for (let depth = 0; depth < 5; depth++) {
    const file = entries.find(({ isDirectory, size }) => !isDirectory && size > 0);
    const below = file === undefined ? await firstReadable(nas, entries, signal) : undefined;
    if (below === undefined) return { outcome, file };
    entries = below.entries;
  }
  return { outcome, file: undefined };
}

/** Finds the first folder that a listing would go into, with what is in it. */
async function firstReadable(
  nas: NasConnection,
  entries: readonly NasEntry[],
  signal: AbortSignal,
): Promise<{ readonly path: string; readonly entries: NasEntry[] } | undefined> {
  const folders = entries.filter(
    ({ isDirectory, name }) => isDirectory && !name.startsWith('.') && !isSystemFolder(name),
  );
  for (const { path } of folders.slice(0, MAX_TRIED)) {
    const found = await tryListFolder(nas, path, signal);
    if (!(found instanceof ApiFailure)) return { path, entries: found };
    const isPassedOver = found.code === 408 || leftOutReason(found.code) !== undefined;
    if (!isPassedOver) throw fileFailure(found, nas.context(describeFolder(path)));
  }
  return undefined;
}

async function checkSample(
  { open, ranges }: CheckContext,
  sample: NasEntry | undefined,
): Promise<StepOutcome> {
  if (sample === undefined) return fine('no file was found to read');
  const start = sample.size > 1 ? 1 : 0;
  const { body } = await open(sample.path, { start, end: Math.min(sample.size, SAMPLE_BYTES) });
  let length = 0;
  for await (const chunk of body) length += chunk.byteLength;
  const parts = {
    honoured: '; parts of files can be read alone',
    ignored: '; only whole files are sent',
    unknown: '',
  };
  return fine(`read ${length} of the ${sample.size} bytes of "${sample.path}"${parts[ranges()]}`);
}
