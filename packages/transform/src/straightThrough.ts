/**
 * Operators that round: their true derivative is zero almost everywhere, and the gradient passes them by convention, as if they did not
 * round. Bengio et al. 2013, section 2.
 */
export const straightThrough: ReadonlySet<string> = new Set([
  'DynamicQuantizeLinear',
  'QLinearConv',
  'QLinearMatMul',
  'QuantizeLinear',
  'com.microsoft.DynamicQuantizeMatMul',
  'com.microsoft.QGemm',
  'com.microsoft.QLinearAdd',
  'com.microsoft.QLinearAveragePool',
  'com.microsoft.QLinearConcat',
  'com.microsoft.QLinearConv',
  'com.microsoft.QLinearGlobalAveragePool',
  'com.microsoft.QLinearLeakyRelu',
  'com.microsoft.QLinearMul',
  'com.microsoft.QLinearSigmoid',
  'com.microsoft.QLinearSoftmax',
  'com.microsoft.QLinearWhere',
  'com.microsoft.QuantizeLinear',
]);
