import { subject } from '@vitrine/explain';
import { OPSET } from '@vitrine/ir';
import { caching, endpointGraph, endpointRuntime, metadata, sha256, usual, type Speaking } from '@vitrine/runtime';
import { nodeRuntime } from '@vitrine/runtime/node';
import { DataError } from '@vitrine/data';
import type { LoadedModel } from './model.js';

export const isEndpoint = (file: string): boolean => /^https?:\/\//i.test(file);

/** What is sent as `authorization`; not an option, because command lines are shown and kept. */
const SECRET = 'VITRINE_ENDPOINT_AUTHORIZATION';
const IR_VERSION = 10;

/**
 * A model behind an address of the Open Inference (KServe v2) protocol, as http://HOST/v2/models/NAME or …/versions/V: a black box that is asked for its
 * outputs. @throws RuntimeError 'endpoint', DataError
 */
export async function loadEndpoint(
  address: string,
  {
    labels,
    preprocess,
    series,
    tables,
    speaking,
    threads,
  }: Pick<LoadedModel, 'labels' | 'preprocess' | 'series' | 'tables'> & {
    readonly speaking?: Partial<Speaking> | undefined;
    readonly threads?: number | undefined;
  },
): Promise<LoadedModel> {
  const url = address.replace(/\/+$/, '');
  const secret = process.env[SECRET];
  const how: Speaking = { ...usual, ...(secret !== undefined && { headers: { authorization: secret } }), ...speaking };
  const about = await metadata(url, how);
  const graph = endpointGraph(about);
  const digest = await sha256(new TextEncoder().encode(JSON.stringify({ url, ...about })));
  const model = {
    graph,
    domains: new Map<string, number>(),
    metadata: new Map(about.versions.map((v, i) => [`version ${i}`, v])),
    producer: about.platform || 'endpoint',
    opset: OPSET,
    irVersion: IR_VERSION,
  };
  let runtime: ReturnType<LoadedModel['runtime']> | undefined;
  return {
    subject: subject(model, about.name, digest),
    file: url,
    labels,
    preprocess,
    series,
    tables,
    maxTokens: undefined,
    cached: undefined,
    decoderStart: [],
    stops: new Set(),
    notes: [
      `the model is known by its address and what it says of itself (${[about.name, ...about.versions].join(', ')}), not by its weights: another may answer there tomorrow`,
    ],
    tokenizer: () => Promise.reject(new DataError('unreadable', `${url} takes tensors: text is read by models that lie here`)),
    runtime: () =>
      (runtime ??= nodeRuntime(threads === undefined ? {} : { threads }).then((local) => caching(endpointRuntime(local, url, about, how)))),
    async close() {
      if (runtime !== undefined) await (await runtime).close();
    },
  };
}
