import { randomUUID } from 'node:crypto';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { ConfigError } from '../../core/errors.ts';
import { isRecord } from './answer.ts';
import type { SynologySourceOptions } from './options.ts';

/**
 * Store of the id that stands for a second factor which was given once: in memory, with the caller, and in a file
 * `{ "user@nas://host:port": "id" }` that only its owner can read.
 */
export class DeviceIds {
  readonly #options: Pick<SynologySourceOptions, 'deviceId' | 'onDeviceId' | 'deviceIdFile'>;
  readonly #key: string;
  #known: string | undefined;

  constructor(options: Pick<SynologySourceOptions, 'deviceId' | 'onDeviceId' | 'deviceIdFile'>, key: string) {
    this.#options = options;
    this.#key = key;
    this.#known = options.deviceId;
  }

  /** @throws ConfigError when the file cannot be read or is none of device ids */
  async read(): Promise<string | undefined> {
    if (this.#known !== undefined || this.#options.deviceIdFile === undefined) return this.#known;
    this.#known = (await readIds(this.#options.deviceIdFile))[this.#key];
    return this.#known;
  }

  /** @throws ConfigError when the file cannot be written */
  async write(deviceId: string): Promise<void> {
    this.#known = deviceId;
    await this.#options.onDeviceId?.(deviceId);
    const file = this.#options.deviceIdFile;
    if (file === undefined) return;
    const text = `${JSON.stringify({ ...(await readIds(file)), [this.#key]: deviceId }, undefined, 2)}\n`;
    const draft = `${file}.${randomUUID()}`;
    try {
      await mkdir(dirname(file), { recursive: true });
      await writeFile(draft, text, { mode: 0o600, flag: 'wx' });
      await rename(draft, file);
    } catch (cause) {
      await rm(draft, { force: true });
      throw new ConfigError('deviceIdFile', `The device id cannot be written to ${file}.`, { cause });
    }
  }
}

async function readIds(file: string): Promise<Record<string, string>> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return {};
    throw new ConfigError('deviceIdFile', `The device ids cannot be read from ${file}.`, { cause });
  }
  let ids: unknown;
  try {
    ids = JSON.parse(text);
  } catch {
    // Below: the text may hold ids and gets into no message.
  }
  if (isRecord(ids)) {
    return Object.fromEntries(
      Object.entries(ids).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
    );
  }
  throw new ConfigError('deviceIdFile', `${file} is no file of device ids: give another one, or delete it.`);
}
