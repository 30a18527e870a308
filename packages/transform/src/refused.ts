import type { OpType } from '@vitrine/ir';

const each = (reason: string, ...opTypes: readonly OpType[]): { readonly [opType: string]: string } =>
  Object.fromEntries(opTypes.map((opType) => [opType, reason]));

const TREES = 'trees are constant between their splits, so a gradient says nothing: use tree-shap, or a method that perturbs inputs';
const PACKED = 'examples of different lengths are packed in one, and which row is whose is only known when running';
const GENERATION = 'it generates text: explain the model that it calls';
const CARD = 'it has a kernel on graphics cards only';
const LINEAR_ATTENTION = 'its recurrence has no rule yet';

/** Operators that are known and have no backward rule: why not, as the end of a sentence. */
export const refused: { readonly [opType: string]: string } = {
  ...each('its largest sample is found by rules of its own: export RoiAlign with mode avg', 'MaxRoiPool'),
  ...each('it decodes files: explain from the pixels behind it', 'ImageDecoder'),
  ...each('it is a training loss: explain the scores it is taken of', 'NegativeLogLikelihoodLoss', 'SoftmaxCrossEntropyLoss'),
  ...each('nothing flows into it', 'Constant', 'RandomNormal', 'RandomUniform', 'SequenceEmpty'),
  ...each('a graph is run on each element of a sequence', 'SequenceMap'),
  ...each(
    'it makes no tensor: explain a tensor that it is made from',
    'Optional',
    'SequenceConstruct',
    'SequenceErase',
    'SequenceInsert',
    'SplitToSequence',
    'ai.onnx.ml.CastMap',
    'ai.onnx.ml.DictVectorizer',
    'ai.onnx.ml.ZipMap',
  ),
  ...each('what the optional holds is only known when running', 'OptionalGetElement'),
  ...each(TREES, 'ai.onnx.ml.TreeEnsemble'),
  'ai.onnx.ml.TreeEnsembleClassifier': TREES,
  'ai.onnx.ml.TreeEnsembleRegressor': TREES,
  ...each('its kernels have no rule yet', 'ai.onnx.ml.SVMClassifier', 'ai.onnx.ml.SVMRegressor'),
  ...each(
    'it quantizes the weights of a recurrent network while running: export the network unquantized',
    'com.microsoft.DynamicQuantizeLSTM',
  ),
  ...each(
    GENERATION,
    'com.microsoft.BeamSearch',
    'com.microsoft.GreedySearch',
    'com.microsoft.Sampling',
    'com.microsoft.WhisperBeamSearch',
  ),
  ...each(
    PACKED,
    'com.microsoft.PackedAttention',
    'com.microsoft.PackedMultiHeadAttention',
    'com.microsoft.PagedAttention',
    'com.microsoft.RemovePadding',
    'com.microsoft.RestorePadding',
  ),
  ...each(
    CARD,
    'com.microsoft.QOrderedAttention',
    'com.microsoft.QOrderedGelu',
    'com.microsoft.QOrderedLayerNormalization',
    'com.microsoft.QOrderedLongformerAttention',
    'com.microsoft.QOrderedMatMul',
    'com.microsoft.LongformerAttention',
    'com.microsoft.GemmFloat8',
  ),
  ...each(
    LINEAR_ATTENTION,
    'com.microsoft.CausalConvWithState',
    'com.microsoft.GatedDeltaNet',
    'com.microsoft.LinearAttention',
    'com.microsoft.VarlenCausalConvWithState',
  ),
  ...each('ONNX Runtime has no kernel for it', 'com.microsoft.QLinearReduceMean'),
  ...each('which experts are asked is only known when running', 'com.microsoft.MoE', 'com.microsoft.QMoE'),
};
