import { RuntimeError } from '../error.js';

/** How an endpoint is spoken to. */
export interface Speaking {
  /** Milliseconds that one answer may take. */
  readonly timeoutMs: number;
  /** Times that a request is made again when the endpoint is busy, gone or late. */
  readonly retries: number;
  /** Sent with each request, as `authorization`. */
  readonly headers: { readonly [name: string]: string };
}

export const usual: Speaking = { timeoutMs: 30_000, retries: 3, headers: {} };

/** Larger answers are not read. */
const MOST_BYTES = 2 ** 28;
/** Statuses that may be another a moment later. */
const PASSING: ReadonlySet<number> = new Set([408, 425, 429, 500, 502, 503, 504]);
const FIRST_WAIT_MS = 200;
const SHOWN = 200;

/** JSON from a URL: got, or answered to what is posted. @throws RuntimeError 'endpoint' naming the URL and what it said; 'cancelled' */
export async function json(url: string, body: unknown, how: Speaking, signal?: AbortSignal): Promise<unknown> {
  for (let tried = 0; ; tried++) {
    const answer = await once(url, body, how, signal);
    if ('json' in answer) return answer.json;
    const left = how.retries - tried;
    if (!answer.passing || left <= 0)
      throw new RuntimeError('endpoint', `${url} ${answer.why}${tried > 0 ? `, after ${tried + 1} tries` : ''}`);
    await pause(FIRST_WAIT_MS * 2 ** tried, signal);
  }
}

type Outcome = { readonly json: unknown } | { readonly why: string; readonly passing: boolean };

async function once(url: string, body: unknown, { timeoutMs, headers }: Speaking, signal: AbortSignal | undefined): Promise<Outcome> {
  const late = AbortSignal.timeout(timeoutMs);
  try {
    const response = await fetch(url, {
      // What an endpoint sends elsewhere was not asked for.
      redirect: 'error',
      signal: signal === undefined ? late : AbortSignal.any([signal, late]),
      headers: { accept: 'application/json', ...(body !== undefined && { 'content-type': 'application/json' }), ...headers },
      ...(body !== undefined && { method: 'POST', body: JSON.stringify(body) }),
    });
    const text = await limited(response);
    if (text === undefined)
      return { why: `answers with more than ${MOST_BYTES / 2 ** 20} MB, which is no answer to this question`, passing: false };
    if (!response.ok) return { why: `answers ${response.status}${said(text)}`, passing: PASSING.has(response.status) };
    return { json: JSON.parse(text) as unknown };
  } catch (cause) {
    if (signal?.aborted) throw new RuntimeError('cancelled', 'cancelled');
    if (late.aborted) return { why: `does not answer within ${timeoutMs / 1000} s`, passing: true };
    if (cause instanceof SyntaxError)
      return { why: 'answers with something that is not JSON: is it an endpoint of the Open Inference protocol?', passing: false };
    const inner = cause instanceof Error && cause.cause instanceof Error ? cause.cause : (cause as Error);
    return { why: `cannot be reached (${inner.message})`, passing: !/redirect/i.test(inner.message) };
  }
}

/** The body as text; undefined where it is longer than may be. */
async function limited(response: Response): Promise<string | undefined> {
  const parts: Uint8Array[] = [];
  let bytes = 0;
  for await (const part of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    bytes += part.length;
    if (bytes > MOST_BYTES) return undefined;
    parts.push(part);
  }
  const whole = new Uint8Array(bytes);
  parts.reduce((at, part) => (whole.set(part, at), at + part.length), 0);
  return new TextDecoder().decode(whole);
}

/** What an endpoint says of an error: `{ "error": … }`, or the beginning of its text. */
function said(text: string): string {
  let message: unknown = text;
  try {
    message = (JSON.parse(text) as { readonly error?: unknown }).error ?? text;
  } catch {
    // Its text as it is.
  }
  const plain = String(message).replaceAll(/\s+/g, ' ').trim().slice(0, SHOWN);
  return plain === '' ? '' : `: ${plain}`;
}

function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const abort = (): void => {
      clearTimeout(timer);
      reject(new RuntimeError('cancelled', 'cancelled'));
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', abort);
      resolve();
    }, ms);
    signal?.addEventListener('abort', abort, { once: true });
  });
}
