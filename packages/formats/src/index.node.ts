export { importFolder } from './importFolder.node.js';
export { openFolder } from './folder.node.js';
