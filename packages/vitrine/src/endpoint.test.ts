import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tensorOf } from '@vitrine/ir';
import { afterAll, beforeEach, expect, test } from 'vitest';
import { explain, examine } from './exam.js';
import { load, type LoadOptions } from './model.js';

/** y = x W + b, on [N,3]. */
const [W, B] = [
  [
    [1, -2],
    [0.5, 0],
    [-3, 4],
  ],
  [0.25, -1],
] as const;

interface Sent {
  readonly inputs: readonly [{ readonly shape: readonly [number, number]; readonly data: readonly number[] }];
}

let requests: { readonly url: string; readonly authorization: string | undefined; readonly examples: number }[] = [];
/** What the endpoint does instead of answering rightly; undefined when it does. */
let fault: ((response: ServerResponse, right: object, asked: number) => boolean) | undefined;
let describing: ((response: ServerResponse, right: object) => void) | undefined;

const server = createServer((request: IncomingMessage, response: ServerResponse) => {
  let body = '';
  request.on('data', (part) => (body += part));
  request.on('end', () => {
    const answer = (value: unknown, status = 200): void =>
      void response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value));
    if (request.method === 'GET') {
      const about = {
        name: 'linear',
        versions: ['3'],
        platform: 'made by hand',
        inputs: [{ name: 'x', datatype: 'FP32', shape: [-1, 3] }],
        outputs: [{ name: 'y', datatype: 'FP32', shape: [-1, 2] }],
      };
      return describing === undefined ? answer(about) : describing(response, about);
    }
    const {
      inputs: [{ shape, data }],
    } = JSON.parse(body) as Sent;
    requests.push({ url: request.url!, authorization: request.headers.authorization, examples: shape[0] });
    const y = Array.from({ length: shape[0] }, (_, n) =>
      B.map((b, c) => b + W.reduce((sum, row, f) => sum + row[c]! * data[3 * n + f]!, 0)),
    ).flat();
    const right = { model_name: 'linear', outputs: [{ name: 'y', datatype: 'FP32', shape: [shape[0], 2], data: y }] };
    if (fault?.(response, right, requests.length)) return;
    answer(right);
  });
});
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v2/models/linear`;
afterAll(() => void server.close());
beforeEach(() => {
  requests = [];
  fault = undefined;
  describing = undefined;
});

const x = tensorOf('float32', [1, 3], [2, -1, 0.5]);
const asked = async (options: LoadOptions = {}) => {
  const model = await load(address, options);
  const answer = await explain(model, { x }, { method: 'kernel-shap', target: '1', options: { parts: 'axis=1' } });
  await model.close();
  return answer;
};
const quick: LoadOptions = { endpoint: { timeoutMs: 300, retries: 1 } };

test('Shapley values of a linear model behind an address are its weights times its inputs', async () => {
  const { explanation, record } = await asked();
  const values = Array.from(explanation.attributions[0]!.tensor.data as Float32Array);
  [-4, 0, 2].forEach((value, i) => expect(values[i]).toBeCloseTo(value, 5));
  expect(explanation.completeness!.gap).toBeCloseTo(0, 5);
  expect(record.modelName).toBe('linear');
  expect(explanation.warnings[0]).toContain('known by its address and what it says of itself (linear, 3), not by its weights');
});

test('many coalitions are asked about in one request', async () => {
  const model = await load(address);
  const exam = await examine(model, { x });
  await exam.explain({ method: 'shapley-values', target: '0', options: { parts: 'axis=1' }, limits: { batch: 8 } });
  await model.close();
  expect(requests.map(({ examples }) => examples)).toEqual([1, 7]);
});

test('an endpoint that is busy is asked again', async () => {
  fault = (response, _, n) => {
    if (n > 2) return false;
    response.writeHead(503).end('{"error":"warming up"}');
    return true;
  };
  expect((await asked()).explanation.target.score).toBeCloseTo(-3, 5);
  fault = (response) => {
    response.writeHead(503).end('{"error":"warming up"}');
    return true;
  };
  await expect(asked(quick)).rejects.toThrow(`${address}/infer answers 503: warming up, after 2 tries`);
});

test('a secret goes with each request, and into no record', async () => {
  process.env['VITRINE_ENDPOINT_AUTHORIZATION'] = 'Bearer hush';
  const { record } = await asked();
  delete process.env['VITRINE_ENDPOINT_AUTHORIZATION'];
  expect(new Set(requests.map(({ authorization }) => authorization))).toEqual(new Set(['Bearer hush']));
  expect(JSON.stringify(record)).not.toContain('hush');
});

test('what has no gradient is refused by name', async () => {
  const model = await load(address);
  await expect(explain(model, { x }, { method: 'gradient', target: '0' })).rejects.toThrow(/ai\.vitrine\.Endpoint \(at endpoint\)/);
  await model.close();
});

const said = (change: (output: { [name: string]: unknown }) => void) => (response: ServerResponse, right: object) => {
  const answer = JSON.parse(JSON.stringify(right)) as { outputs: { [name: string]: unknown }[] };
  change(answer.outputs[0]!);
  response.writeHead(200).end(JSON.stringify(answer));
  return true;
};

test.each<readonly [string, NonNullable<typeof fault>, RegExp]>([
  [
    'another shape',
    said((y) => Object.assign(y, { shape: [1, 3], data: [1, 2, 3] })),
    /answers y as FP32\[1,3\], and FP32\[1,2\] was to be expected/,
  ],
  ['too few numbers', said((y) => Object.assign(y, { data: [1] })), /answers y as FP32\[1,2\] with 1 numbers, not 2/],
  ['no numbers', said((y) => Object.assign(y, { data: ['one', null] })), /answers y with something that is no number, at element 0/],
  ['another type', said((y) => Object.assign(y, { datatype: 'INT64' })), /answers y as INT64\[1,2\], and FP32\[1,2\] was to be expected/],
  ['another output', said((y) => Object.assign(y, { name: 'z' })), /answers without output y, which it declares/],
  ['no JSON', (response) => (response.end('<html>'), true), /answers with something that is not JSON/],
  ['an error', (response) => (response.writeHead(400).end('{"error":"bad shape"}'), true), /answers 400: bad shape$/],
  ['another place', (response) => (response.writeHead(302, { location: 'http://127.0.0.1:1/' }).end(), true), /cannot be reached/],
  ['nothing', () => true, /does not answer within 0\.3 s, after 2 tries/],
])('an endpoint that answers %s is one sentence', async (_, wrong, message) => {
  fault = wrong;
  await expect(asked(quick)).rejects.toThrow(message);
});

test.each<readonly [string, NonNullable<typeof describing>, RegExp]>([
  ['nothing of its inputs', (response) => response.end('{}'), /does not describe its inputs and outputs/],
  [
    'a type that is none',
    (response, right) => response.end(JSON.stringify({ ...right, inputs: [{ name: 'x', datatype: 'FP16', shape: [-1, 3] }] })),
    /declares x as FP16/,
  ],
  [
    'a shape that is none',
    (response, right) => response.end(JSON.stringify({ ...right, outputs: [{ name: 'y', datatype: 'FP32', shape: ['many'] }] })),
    /which is no name with a datatype and a shape/,
  ],
])('an endpoint that declares %s is one sentence', async (_, wrong, message) => {
  describing = wrong;
  await expect(load(address, quick)).rejects.toThrow(message);
});

test('an address where nothing listens is one sentence', async () => {
  await expect(load('http://127.0.0.1:1/v2/models/none', quick)).rejects.toThrow(
    /^http:\/\/127\.0\.0\.1:1\/v2\/models\/none cannot be reached \(.*\), after 2 tries$/,
  );
});

test('waiting is cancelled', async () => {
  const model = await load(address);
  const exam = await examine(model, { x });
  fault = () => true;
  const cancel = new AbortController();
  const answer = exam.explain({ method: 'shapley-values', target: '0', options: { parts: 'axis=1' }, signal: cancel.signal });
  setTimeout(() => cancel.abort(), 50);
  await expect(answer).rejects.toMatchObject({ code: 'cancelled' });
  await model.close();
});
