export { EvaluateError } from './error.js';
