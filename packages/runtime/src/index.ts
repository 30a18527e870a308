export { caching, graphDigest, sha256 } from './cache.js';
export { endpointGraph, endpointRuntime } from './endpoint/endpointRuntime.js';
export { usual, type Speaking } from './endpoint/http.js';
export { metadata, type Declared, type Metadata } from './endpoint/kserve.js';
export { RuntimeError } from './error.js';
export { batchFor, checkBudget } from './plan.js';
export { price, type Price } from './price.js';
export {
  devices,
  type Device,
  type Feeds,
  type Fetches,
  type Runtime,
  type RuntimeOptions,
  type Session,
  type SessionOptions,
} from './session.js';
