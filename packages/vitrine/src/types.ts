/** Files that people try as inputs, and what to do with them instead. */
export const specialTypes: ReadonlyMap<string, string> = new Map([
  ['.npz', 'an archive of arrays is given without a name: --input FILE.npz feeds every input by the name of its array'],
  ['.csv', 'tables are not read yet: save the row as .npy'],
  ['.txt', 'text is given with --text-file FILE, or as { text } in the library'],
  ['.wav', 'audio is not read yet: save the samples as .npy'],
  ['.pt', 'PyTorch tensors are pickles, which are never executed: save the array as .npy'],
  ['.pkl', 'pickles are never executed: save the array as .npy'],
  ['.onnx', 'this is a model, not an input'],
]);
