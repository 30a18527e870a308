export { digestFile, isInside, openModel, weightBytes } from './onnx/file.node.js';
export { writeModelFile, type WriteFileOptions } from './onnx/writeFile.node.js';
