export { nodeRuntime } from './session.node.js';
