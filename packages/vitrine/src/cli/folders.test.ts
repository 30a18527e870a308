import { copyFileSync, existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { checkpoints } from '../testing/checkpoints.js';
import { root, workplace } from '../testing/command.js';

const { at, vitrine } = workplace();
const { folder } = checkpoints();
const golden = (name: string): string => path.join(root, 'golden/huggingface', name);
const picture = golden('clip/picture.png');

test('a folder of a ViT takes a picture, and lays what it found over it', async () => {
  const { code, out, err } = await vitrine('explain', golden('vit-image'), '--input', picture, '--method', 'attn-lrp', '--save', 'vit');
  expect([code, err]).toEqual([0, '']);
  expect(out).toMatch(/vit-image says\n {2}LABEL_\d/);
  expect(existsSync(at('vit/attn-lrp.overlay.png'))).toBe(true);
});

test('a text-to-text model is asked behind what it has said', async () => {
  const t5 = folder({ checkpoint: 't5', tokenizer: 'roberta' });
  const asked = ['explain', t5, '--text', 'the tower stands in paris', '--method', 'input-x-gradient'];
  const [first, later] = [await vitrine(...asked), await vitrine(...asked, '--decoder-text', 'rome is', '--report', 'said.html')];
  expect([first.code, first.err, later.code, later.err]).toEqual([0, '', 0, '']);
  for (const { out } of [first, later])
    for (const word of ['the', 'tower', 'stands', 'in', 'paris']) expect(out).toMatch(new RegExp(`\\d +${word}$`, 'm'));
  expect(first.out.split('\n')[1]).not.toBe(later.out.split('\n')[1]);
  expect(readFileSync(at('said.html'), 'utf8')).toContain('rome is');
});

test('a picture beside a text needs no name', async () => {
  const clip = folder({ checkpoint: 'clip', tokenizer: 'roberta' });
  copyFileSync(golden('clip/preprocessor_config.json'), path.join(clip, 'preprocessor_config.json'));
  const asked = ['explain', clip, '--method', 'attn-lrp', '--input', picture];
  const { code, out, err } = await vitrine(...asked, '--text', 'the tower', '--save', 'clip');
  expect([code, err]).toEqual([0, '']);
  expect(out).toMatch(/pixel_values \[1,3,12,12\] .*\n {2}text\/embeddings\/Gather \[1,4,16\]/);
  expect(existsSync(at('clip/attn-lrp.pixel_values.overlay.png'))).toBe(true);
  const alone = await vitrine(...asked);
  expect(alone.code).not.toBe(0);
  expect(alone.err).toContain('the model has 3 inputs: write --input pixel_values=');
});
