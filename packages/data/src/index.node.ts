export { decodeBytes, decodeImage, type DecodeLimits } from './image/decode.node.js';
export { encodePng } from './image/encode.node.js';
export { filledIn } from './text/chat.node.js';
export { readTokenizer, tokenizerOf } from './text/tokenizer.node.js';
export { isTableFile, openTable, tableEndings, type DialectGiven } from './table/openTable.node.js';
export {
  formatFor,
  tableBytes,
  writeTable,
  writtenFormats,
  type WrittenFormat,
  type WrittenKind,
  type WrittenRow,
  type WrittenTable,
} from './table/writeTable.node.js';
