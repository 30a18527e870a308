// Peak resident memory of one run, on Linux: node bench/memory.mjs MODEL.onnx BATCH PROGRAM
import { readFileSync } from 'node:fs';
import { subject } from '@vitrine/explain';
import { openModel } from '@vitrine/ir/node';
import { nodeRuntime } from '@vitrine/runtime/node';
import { inputsFor } from './inputs.mjs';
import { programFor } from './programs.mjs';

const [file, batch, program] = process.argv.slice(2);
const runtime = await nodeRuntime({ threads: Number(process.env.THREADS ?? 2) });
const model = subject(openModel(file), file, '');
const run = await programFor(runtime, model, inputsFor(model.graph, Number(batch)), Number(batch), program);
await run();
await runtime.close();
// VmHWM starts anew with the program; getrusage would remember the parent.
console.log(JSON.stringify({ mb: Number(/VmHWM:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))[1]) / 1024 }));
