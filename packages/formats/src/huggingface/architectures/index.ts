import type { Family } from '../family.js';
import { albert } from './albert.js';
import { bart, marian, mbart, pegasus } from './bart.js';
import { bert } from './bert.js';
import { clip, clipText, clipVision } from './clip.js';
import { debertaV2 } from './debertaV2.js';
import { distilbert } from './distilbert.js';
import { electra } from './electra.js';
import { gemma } from './gemma.js';
import { gpt2 } from './gpt2.js';
import { gptNeox } from './gptNeox.js';
import { llama } from './llama.js';
import { mistral, mixtral } from './mistral.js';
import { olmoe } from './olmoe.js';
import { phi } from './phi.js';
import { qwen2, qwen2Moe, qwen3, qwen3Moe } from './qwen.js';
import { roberta } from './roberta.js';
import { mt5, t5 } from './t5.js';
import { vit } from './vit.js';
import { whisper } from './whisper.js';

/** The families of models that are read, by their `model_type`. */
export const architectures: readonly Family[] = [
  bert,
  distilbert,
  roberta,
  electra,
  albert,
  debertaV2,
  llama,
  mistral,
  mixtral,
  qwen2,
  qwen2Moe,
  qwen3,
  qwen3Moe,
  olmoe,
  gpt2,
  gptNeox,
  gemma,
  phi,
  t5,
  mt5,
  bart,
  mbart,
  marian,
  pegasus,
  vit,
  clip,
  clipText,
  clipVision,
  whisper,
];
