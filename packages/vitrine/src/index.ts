export { compile, type CompileQuestion } from './compile.js';
export { explain, examine, examineEach, type Answer, type Exam, type Prediction, type Question } from './exam.js';
export { load, type LoadedModel, type LoadOptions } from './model.js';
export { filesOf, writeFolder } from './save.js';
export { report } from './report.js';
export { explainers, parseTarget, survey, type Explanation, type Target } from '@vitrine/explain';
export type { ExplanationRecord } from '@vitrine/audit';
export { presets, type Preprocess } from '@vitrine/data';
export { VitrineError, type Tensor } from '@vitrine/ir';
