export { decodeBytes, decodeImage, type DecodeLimits } from './image/decode.node.js';
export { encodePng } from './image/encode.node.js';
