import type { LoadedModel } from '../model.js';
import { readPrompt, type Prompt, type PromptGiven } from './prompt.js';
import { checkSpeaking, speak, type Speaking, type Spoken } from './speak.js';

/** What a model says behind a prompt: token by token as it is said, and all that was said so far. */
export interface Speech extends AsyncIterable<Spoken> {
  readonly model: LoadedModel;
  readonly prompt: Prompt;
  readonly how: Speaking;
  readonly said: readonly Spoken[];
}

/** Goes on with a prompt. Tokens come as they are said, when the speech is gone over; it is said once. @throws DataError, ExplainError */
export async function generate(model: LoadedModel, given: PromptGiven, how: Speaking): Promise<Speech> {
  checkSpeaking(how);
  const prompt = await readPrompt(model, given);
  const said: Spoken[] = [];
  const speaking = speak(model, prompt.read, how);
  return {
    model,
    prompt,
    how,
    said,
    async *[Symbol.asyncIterator]() {
      yield* said;
      for (let next = await speaking.next(); next.done !== true; next = await speaking.next()) {
        said.push(next.value);
        yield next.value;
      }
    },
  };
}

/** All that is said, once it is. */
export async function whole(speech: Speech): Promise<string> {
  let text = '';
  for await (const token of speech) text += token.text;
  return text;
}
