import type { FaultEffect, HubRoute } from '../../servers/hub-faults.ts';

/** Faults that strike one after the other, and what they are called. */
export type FaultCase = readonly [name: string, effects: readonly (readonly [HubRoute, FaultEffect])[]];

export const unavailable: FaultEffect = { kind: 'status', status: 503 };
const limited: FaultEffect = {
  kind: 'status',
  status: 429,
  headers: {
    RateLimit: '"resolvers";r=0;t=1',
    'RateLimit-Policy': '"fixed window";"resolvers";q=3000;w=300',
  },
};
export const login: FaultEffect = { kind: 'html' };

/** What may go wrong once with a file whose bytes come from `route`. */
export function faultCases(route: HubRoute): readonly FaultCase[] {
  return [
    ['503 on /resolve', [['resolve', unavailable]]],
    ['503 where the bytes lie', [[route, unavailable]]],
    [
      '500, 502, 504 in a row',
      [
        [route, { kind: 'status', status: 500 }],
        ['resolve', { kind: 'status', status: 502 }],
        [route, { kind: 'status', status: 504 }],
      ],
    ],
    ['408', [[route, { kind: 'status', status: 408 }]]],
    ['429 with a time to wait on /resolve', [['resolve', limited]]],
    [
      '429 with Retry-After where the bytes lie',
      [[route, { kind: 'status', status: 429, headers: { 'Retry-After': '1' } }]],
    ],
    ['the connection cut in the middle', [[route, { kind: 'cut', after: 30_000 }]]],
    ['cut at the first byte', [[route, { kind: 'cut', after: 0 }]]],
    ['cut before the last byte', [[route, { kind: 'cut', after: 60_003 }]]],
    [
      'cut four times',
      [1, 2, 3, 4].map((): [HubRoute, FaultEffect] => [route, { kind: 'cut', after: 9000 }]),
    ],
    ['a clean truncation', [[route, { kind: 'truncate', to: 777 }]]],
    ['one flipped byte', [[route, { kind: 'flip', at: 30_000 }]]],
    ['bytes too many', [[route, { kind: 'extra', bytes: 10 }]]],
    ['a login page', [[route, login]]],
    ['a login page in place of /resolve', [['resolve', login]]],
    ['a stall in the middle', [[route, { kind: 'stall', after: 30_000 }]]],
    ['no answer where the bytes lie', [[route, { kind: 'silence' }]]],
    ['no answer of /resolve', [['resolve', { kind: 'silence' }]]],
    ['a reset before the headers', [[route, { kind: 'reset' }]]],
    ['a reset on /resolve', [['resolve', { kind: 'reset' }]]],
    [
      'cut, then the range is not heeded',
      [
        [route, { kind: 'cut', after: 30_000 }],
        [route, { kind: 'ignore-range' }],
      ],
    ],
    [
      'cut, then another range',
      [
        [route, { kind: 'cut', after: 30_000 }],
        [route, { kind: 'wrong-range', shift: -5 }],
      ],
    ],
    [
      'cut, then 416',
      [
        [route, { kind: 'cut', after: 30_000 }],
        [route, { kind: 'status', status: 416 }],
      ],
    ],
    [
      'cut, then a login page',
      [
        [route, { kind: 'cut', after: 30_000 }],
        [route, login],
      ],
    ],
    [
      'compressed unasked',
      [[route, { kind: 'status', status: 200, headers: { 'Content-Encoding': 'gzip' } }]],
    ],
  ];
}
