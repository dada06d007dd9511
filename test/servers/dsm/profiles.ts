/** Which DSM a loopback server plays. */
export type DsmVersion = '5.2' | '6.2' | '7.2';

/** One line of the answer of SYNO.API.Info. */
interface ApiDescription {
  readonly path: string;
  readonly minVersion: number;
  readonly maxVersion: number;
  readonly requestFormat?: 'JSON';
}

/** What differs between the versions of DSM. */
export interface Profile {
  readonly apis: Readonly<Record<string, ApiDescription>>;
  /** Older cgi paths at which an API answers as well. */
  readonly alsoAt: Readonly<Record<string, string>>;
  /** Content-Type of JSON answers. */
  readonly jsonType: string;
  readonly serverHeader: string;
  readonly keepAliveMs: number;
  /** Error code of a session id that is not known (any more). */
  readonly staleSessionCode: number;
  /** Whether every answer sets the session cookie again. */
  readonly renewsCookie: boolean;
  /** Whether a list that is not JSON is one literal path instead of being split at commas. */
  readonly literalLists: boolean;
  readonly system: Readonly<Record<string, unknown>>;
}

const entry = (minVersion: number, maxVersion: number): ApiDescription => ({
  maxVersion,
  minVersion,
  path: 'entry.cgi',
  requestFormat: 'JSON',
});
const cgi = (path: string, maxVersion = 1): ApiDescription => ({ maxVersion, minVersion: 1, path });

const FILE_STATION_2: Readonly<Record<string, ApiDescription>> = {
  'SYNO.DSM.Info': entry(2, 2),
  'SYNO.FileStation.Download': entry(1, 2),
  'SYNO.FileStation.Info': entry(1, 2),
  'SYNO.FileStation.List': entry(1, 2),
  'SYNO.FileStation.MD5': entry(1, 2),
};

const system = (model: string, build: string, name: string): Profile['system'] => ({
  codepage: 'enu',
  model,
  ram: 4096,
  serial: 'LOOPBACK00001',
  temperature: 40,
  temperature_warn: false,
  time: 'Sun Mar 29 19:33:41 2020',
  uptime: 155084,
  version: build,
  version_string: name,
});

/** From the recorded answers of SYNO.API.Info and the response headers of real devices. */
export const PROFILES: Readonly<Record<DsmVersion, Profile>> = {
  '5.2': {
    apis: {
      'SYNO.API.Auth': cgi('auth.cgi', 4),
      'SYNO.API.Info': cgi('query.cgi'),
      'SYNO.DSM.Info': cgi('dsm/info.cgi'),
      'SYNO.FileStation.Download': cgi('FileStation/file_download.cgi'),
      'SYNO.FileStation.Info': cgi('FileStation/info.cgi'),
      'SYNO.FileStation.List': cgi('FileStation/file_share.cgi'),
      'SYNO.FileStation.MD5': cgi('FileStation/file_md5.cgi'),
    },
    alsoAt: {},
    jsonType: 'text/plain; charset="UTF-8"',
    serverHeader: 'Apache',
    keepAliveMs: 5_000,
    staleSessionCode: 105,
    renewsCookie: false,
    literalLists: false,
    system: system('DS410j', '5967', 'DSM 5.2-5967 Update 9'),
  },
  '6.2': {
    apis: { 'SYNO.API.Auth': cgi('auth.cgi', 6), 'SYNO.API.Info': cgi('query.cgi'), ...FILE_STATION_2 },
    alsoAt: {},
    jsonType: 'application/json; charset="UTF-8"',
    serverHeader: 'nginx',
    keepAliveMs: 20_000,
    staleSessionCode: 119,
    renewsCookie: false,
    literalLists: false,
    system: system('DS918+', '24922', 'DSM 6.2.2-24922 Update 4'),
  },
  '7.2': {
    apis: { 'SYNO.API.Auth': cgi('entry.cgi', 7), 'SYNO.API.Info': entry(1, 1), ...FILE_STATION_2 },
    alsoAt: { 'query.cgi': 'SYNO.API.Info', 'auth.cgi': 'SYNO.API.Auth' },
    jsonType: 'application/json; charset="UTF-8"',
    serverHeader: 'nginx',
    keepAliveMs: 20_000,
    staleSessionCode: 119,
    renewsCookie: true,
    literalLists: true,
    system: system('DS918+', '64570', 'DSM 7.2-64570'),
  },
};
