import { anchors } from './anchors/anchors.js';
import { attention } from './attention/attention.js';
import { chefer } from './attention/chefer.js';
import { attentionFlow } from './attention/flow.js';
import { attentionGradRollout, attentionRollout } from './attention/rollout.js';
import { valueZeroing } from './attention/valueZeroing.js';
import { eigenCam } from './cam/eigenCam.js';
import { ablationCam, scoreCam } from './cam/forwardCams.js';
import { fullGrad } from './cam/fullGrad.js';
import { gradCam, gradCamPlusPlus, guidedGradCam, hiResCam, layerCam, xGradCam } from './cam/gradientCams.js';
import { cem } from './contrastive/cem.js';
import { attnLrp, cpLrp } from './relevance/attnLrp.js';
import { crp } from './relevance/crp.js';
import { dlBacktrace } from './relevance/backtrace.js';
import { lrp } from './relevance/lrp.js';
import { deepLift } from './relevance/deepLift.js';
import { deepShap } from './relevance/deepShap.js';
import type { Explainer } from './explainer.js';
import { blurIg } from './gradient/blurIg.js';
import { deconvnet, guidedBackprop } from './gradient/deconv.js';
import { discretizedIg } from './gradient/discretizedIg.js';
import { expectedGradients } from './gradient/expectedGradients.js';
import { gradient, inputXGradient, saliency } from './gradient/gradient.js';
import { guidedIg } from './gradient/guidedIg.js';
import { integratedGradients } from './gradient/integratedGradients.js';
import { smoothGrad, smoothGradSquared, varGrad } from './gradient/smoothGrad.js';
import { shapleyInteractions, shapleyTaylor } from './perturbation/interactions.js';
import { kernelShap } from './perturbation/kernelShap.js';
import { lime } from './perturbation/lime.js';
import { sobol } from './perturbation/sobol.js';
import { hsic } from './perturbation/hsic.js';
import { rise } from './perturbation/rise.js';
import { l2x } from './surrogate/l2x.js';
import { maple } from './surrogate/maple.js';
import { permutationShap, shapleySampling, shapleyValues } from './perturbation/shapley.js';
import { featureAblation, occlusion } from './perturbation/occlusion.js';
import { partitionShap } from './perturbation/partitionShap.js';
import { permutation } from './perturbation/permutation.js';
import { linearShap } from './tree/linearShap.js';
import { treeShap, treeShapInteractions } from './tree/treeShap.js';
import { internalInfluence, layerConductance, layerIntegratedGradients, neuronConductance } from './layer/conductance.js';
import { layerActivation, layerGradient, layerGradientXActivation } from './layer/layers.js';

/** Every method, by the name it is asked for. */
export const explainers = {
  gradient,
  saliency,
  'input-x-gradient': inputXGradient,
  'integrated-gradients': integratedGradients,
  smoothgrad: smoothGrad,
  'smoothgrad-squared': smoothGradSquared,
  vargrad: varGrad,
  'expected-gradients': expectedGradients,
  'guided-backprop': guidedBackprop,
  deconvnet,
  'guided-ig': guidedIg,
  'blur-ig': blurIg,
  'discretized-ig': discretizedIg,
  'grad-cam': gradCam,
  'grad-cam++': gradCamPlusPlus,
  'layer-cam': layerCam,
  'hires-cam': hiResCam,
  'xgrad-cam': xGradCam,
  'eigen-cam': eigenCam,
  'score-cam': scoreCam,
  'ablation-cam': ablationCam,
  'full-grad': fullGrad,
  'guided-grad-cam': guidedGradCam,
  'layer-activation': layerActivation,
  'layer-gradient': layerGradient,
  'layer-gradient-x-activation': layerGradientXActivation,
  'layer-integrated-gradients': layerIntegratedGradients,
  'layer-conductance': layerConductance,
  'neuron-conductance': neuronConductance,
  'internal-influence': internalInfluence,
  lrp,
  deeplift: deepLift,
  deepshap: deepShap,
  crp,
  'attn-lrp': attnLrp,
  'cp-lrp': cpLrp,
  attention,
  'attention-rollout': attentionRollout,
  'attention-flow': attentionFlow,
  'attention-grad-rollout': attentionGradRollout,
  chefer,
  'value-zeroing': valueZeroing,
  'dl-backtrace': dlBacktrace,
  occlusion,
  'feature-ablation': featureAblation,
  permutation,
  'shapley-values': shapleyValues,
  'shapley-sampling': shapleySampling,
  'permutation-shap': permutationShap,
  'partition-shap': partitionShap,
  'kernel-shap': kernelShap,
  'shapley-interactions': shapleyInteractions,
  'shapley-taylor': shapleyTaylor,
  'tree-shap': treeShap,
  'tree-shap-interactions': treeShapInteractions,
  'linear-shap': linearShap,
  lime,
  rise,
  sobol,
  hsic,
  maple,
  anchors,
  l2x,
  cem,
} as const satisfies { readonly [name: string]: Explainer<never> | Explainer };
