export { webRuntime, type WebRuntimeOptions } from './session.web.js';
