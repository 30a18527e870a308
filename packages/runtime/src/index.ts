export { caching, graphDigest, sha256 } from './cache.js';
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
