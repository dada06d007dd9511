import type { ConnectionStep } from '../../core/connection.ts';
import type { ByteRange, SourceFile } from '../../core/source.ts';
import { checkName, checkPort, fine, type PlannedStep, runSteps } from '../connection-steps.ts';
import { isPath } from './list-entries.ts';
import type { ListedObject, ListPage } from './listing.ts';
import type { S3Settings } from './options.ts';
import type { S3Client } from './s3-client.ts';

/** Context of a check: what it looks at. */
interface CheckContext {
  readonly settings: S3Settings;
  readonly client: S3Client;
  /** Folder or file; empty for the bucket. */
  readonly path: string;
  /** Lists to the first page with anything on it. */
  firstPage(prefix: string): Promise<ListPage>;
  open(path: string, range: ByteRange): Promise<SourceFile>;
  readonly signal: AbortSignal;
}

/** Bytes of a file that are read. */
const SAMPLE_BYTES = 64 * 1024;

/** Looks at what lies between here and the objects of a bucket; ends at the first step that fails. */
export function checkStore(context: CheckContext): Promise<ConnectionStep[]> {
  const { settings, client, path, firstPage, open, signal } = context;
  const { address, anonymous } = settings;
  const { origin } = client;
  let sample: ListedObject | undefined;
  const remedy = 'Check the endpoint and the network.';
  const port = Number(origin.port || (origin.protocol === 'https:' ? 443 : 80));
  const plan: readonly PlannedStep[] = [
    [
      'settings',
      async () =>
        fine(
          `bucket "${address.bucket}" at ${address.endpoint ?? 'AWS'}, region ${client.region}, its name in the ${address.pathStyle ? 'path' : 'host'}`,
        ),
    ],
    [
      'keys',
      async () => {
        const keys = await client.credentials(signal);
        if (keys === undefined) return fine('none: requests are not signed');
        const session = keys.sessionToken === undefined ? '' : ', with a session token';
        return fine(`from ${keys.from}${session}`);
      },
    ],
    ...(client.usesProxy
      ? []
      : ([
          ['name', () => checkName(origin.hostname.replace(/^\[|\]$/g, ''), remedy)],
          ['port', () => checkPort(origin.hostname.replace(/^\[|\]$/g, ''), port, remedy, signal)],
        ] as const)),
    [
      'list',
      async () => {
        const { objects, isTruncated } = await firstPage(path === '' ? '' : `${path}/`);
        const isBelow = path === '' || objects.length > 0;
        const found = isBelow ? objects : (await firstPage(path)).objects.filter(({ key }) => key === path);
        sample = found.find(({ key, size, isText }) => isText && size > 0 && isPath(key));
        const learnt = client.region === settings.region ? '' : `; the bucket lies in ${client.region}`;
        const as = anonymous ? '' : '; the keys are right';
        const shown = JSON.stringify(path);
        if (!isBelow && found.length === 0) {
          return {
            ok: false,
            found: `there is no folder or file ${shown} in the bucket${as}${learnt}`,
            remedy: 'Check its spelling, upper and lower case too.',
          };
        }
        const count = `${isBelow && isTruncated ? 'at least ' : ''}${found.length} objects`;
        return fine(
          isBelow
            ? `${count}${path === '' ? '' : ` in ${shown}`}${as}${learnt}`
            : `${shown} is a file${as}${learnt}`,
        );
      },
    ],
    [
      'read a sample',
      async () => {
        if (sample === undefined) return fine('there is no file to read');
        const { body } = await open(sample.key, { start: 0, end: Math.min(sample.size, SAMPLE_BYTES) });
        let length = 0;
        for await (const chunk of body) length += chunk.byteLength;
        return fine(`read ${length} of the ${sample.size} bytes of "${sample.key}"`);
      },
    ],
  ];
  return runSteps(plan, signal, settings.id);
}
