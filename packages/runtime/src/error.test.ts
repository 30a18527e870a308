import { describe, expect, test } from 'vitest';
import { explained, RuntimeError } from './error.js';

const PLACE = '/onnxruntime_src/onnxruntime/core/providers/cpu/tensor/reshape_helper.h:84';

describe('what ONNX Runtime says becomes one sentence', () => {
  test.each([
    ['std::bad_alloc', 'out-of-memory', /not enough memory to run the graph: use a smaller/],
    ['Failed to allocate memory for requested buffer of size 4398046511104', 'out-of-memory', /not enough memory/],
    ['Worker terminated due to reaching memory limit: JS heap out of memory', 'out-of-memory', /not enough memory/],
    [
      "Could not find an implementation for Conv(11) node with name 'c'",
      'no-kernel',
      /has no kernel for Conv\(11\) on this device: Could not/,
    ],
    [
      'Fatal error: my.domain:Mystery(-1) is not a registered function/op',
      'no-kernel',
      /has no kernel for my\.domain:Mystery\(-1\) on this device/,
    ],
    [
      `Non-zero status code returned while running Reshape node. Name:'r1' Status Message: ${PLACE} onnxruntime::ReshapeHelper(const T&) size != 0 was false. The tensor cannot be reshaped`,
      'run-failed',
      /^ONNX Runtime could not run the graph: Reshape \(at r1\): The tensor cannot be reshaped$/,
    ],
    ['two\nlines', 'run-failed', /^ONNX Runtime could not run the graph: two lines$/],
  ])('%s', (text, code, message) => {
    const error = explained(new Error(text), 'run');
    expect(error.code).toBe(code);
    expect(error.message).toMatch(message);
  });

  test('in a few hundred characters at most', () => {
    expect(explained('x'.repeat(10_000), 'load').message.length).toBeLessThan(500);
  });

  test('and what is one already stays as it is', () => {
    const error = new RuntimeError('closed', 'the runtime is closed');
    expect(explained(error, 'load')).toBe(error);
  });
});
