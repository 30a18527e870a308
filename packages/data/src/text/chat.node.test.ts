import { expect, test } from 'vitest';
import { filledIn } from './chat.node.js';

const messages = [
  { role: 'system', content: 'Be brief.' },
  { role: 'user', content: 'Why? {{ "no template" }} <|end|>' },
];
/** In the manner of ChatML. */
const source =
  "{{ bos_token }}{% for message in messages %}<|{{ message['role'] }}|>\n{{ message['content'] | trim }}<|end|>\n{% endfor %}{% if add_generation_prompt %}<|assistant|>\n{% endif %}";

test('a conversation is written down as the template says, with the start of the answer', async () => {
  expect(await filledIn({ source, tokens: { bos_token: '<s>' } }, messages)).toBe(
    '<s><|system|>\nBe brief.<|end|>\n<|user|>\nWhy? {{ "no template" }} <|end|><|end|>\n<|assistant|>\n',
  );
});

test('what the template refuses, does not end or has no memory for is one sentence', async () => {
  const refuses = { source: "{{ raise_exception('only one system message') }}", tokens: {} };
  await expect(filledIn(refuses, messages)).rejects.toThrow(
    /^the chat_template of the model cannot be filled in: .*only one system message/,
  );
  await expect(filledIn({ source: '{% for', tokens: {} }, messages)).rejects.toThrow('cannot be filled in');
  const huge = { source: '{% for i in range(1000000000) %}a{% endfor %}', tokens: {} };
  await expect(filledIn(huge, messages)).rejects.toThrow('cannot be filled in: it takes more memory than 64 MB');
  await expect(filledIn({ source: 'a'.repeat(2 ** 21), tokens: {} }, messages)).rejects.toThrow('longer than a million characters');
  const endless = { source: '{% for i in range(100000) %}{% for j in range(100000) %}{% endfor %}{% endfor %}', tokens: {} };
  await expect(filledIn(endless, messages)).rejects.toThrow(/cannot be filled in: (it takes longer than 5 seconds|.*memory)/);
});
