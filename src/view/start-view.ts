import type { VascuDataset } from '../data.ts';
import { ViewServer, type ViewServerOptions } from './view-server.ts';
import { ViewService, type ViewServiceOptions } from './view-service.ts';
import { ViewThread } from './view-thread.ts';

/** Options of {@link startView}. */
export interface StartViewOptions
  extends Pick<ViewServerOptions, 'port' | 'report' | 'pageFolder'>,
    ViewServiceOptions {
  readonly version: string;
  /** Source or file as it was given, without secrets. */
  readonly title: string;
  /** Filter that the dataset is opened with, as it was given. */
  readonly where?: string | undefined;
  /** Function that opens the dataset that is looked at; undefined where only a run is shown. It is closed with the view. */
  readonly open: (() => Promise<VascuDataset>) | undefined;
}

/** Page that is served. */
export interface RunningView extends AsyncDisposable {
  /** Address of the page with its token. */
  readonly url: string;
  readonly port: number;
  /** Promise that settles when the samples are listed; rejects where they cannot be. */
  readonly listed: Promise<void>;
}

/** Serves the page of a dataset on this machine, at once: what is asked of samples waits until they are listed. */
export async function startView(options: StartViewOptions): Promise<RunningView> {
  const { version, title, where, array, thumbnails, report, open } = options;
  const dataset = open?.();
  // Its failure is told by `listed`.
  dataset?.catch(() => undefined);
  const thread = new ViewThread();
  const service = dataset?.then((opened) => {
    // Not before: a listing is what the first page waits for.
    thread.warmUp();
    return new ViewService(opened, thread, options);
  });
  service?.catch(() => undefined);
  const close = async (): Promise<void> => {
    const opened = await dataset?.catch(() => undefined);
    (await service?.catch(() => undefined))?.close();
    await Promise.all([thread[Symbol.asyncDispose](), opened?.close()]);
  };
  const name = report?.slice(Math.max(report.lastIndexOf('/'), report.lastIndexOf('\\')) + 1);
  const facts = { version, source: title, array, where, thumbnails: thumbnails !== 'off', report: name };
  let server: ViewServer;
  try {
    server = await ViewServer.start({ ...options, facts, service });
  } catch (error) {
    await close();
    throw error;
  }
  const listed = Promise.resolve(service).then(() => undefined);
  // Whoever does not wait for it is told by the page.
  listed.catch(() => undefined);
  return {
    url: server.url,
    port: server.port,
    listed,
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]();
      await close();
    },
  };
}
