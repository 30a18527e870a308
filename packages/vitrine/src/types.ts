/** Files that people try as inputs, and what to do with them instead. */
export const specialTypes: ReadonlyMap<string, string> = new Map([
  ['.npz', 'an archive of arrays is given without a name: --input FILE.npz feeds every input by the name of its array'],
  ['.csv', 'a table gives all inputs: give it as --input FILE without a name, or --series columns if it is a series'],
  ['.txt', 'text is given with --text-file FILE, or as { text } in the library'],
  ...['.mp3', '.flac', '.ogg', '.opus', '.m4a', '.aac'].map(
    (ending) => [ending, `compressed sound is not read: convert it, as with ffmpeg -i clip${ending} clip.wav`] as const,
  ),
  ['.pt', 'PyTorch tensors are pickles, which are never executed: save the array as .npy'],
  ['.pkl', 'pickles are never executed: save the array as .npy'],
  ['.onnx', 'this is a model, not an input'],
]);
