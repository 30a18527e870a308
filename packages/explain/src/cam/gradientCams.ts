import { ExplainError } from '../error.js';
import { single } from '../explainer.js';
import { choice } from '../field.js';
import { guidedRules } from '../gradient/deconv.js';
import { cam, layerOf, mapsOf, upsampled, type Maps } from './cam.js';
import type { Value } from '@vitrine/ir';

const meaning = 'how much this region speaks for the target';

/** Channels weighted by w, summed. */
const weighted = (m: Maps, w: Value): Value => m.sumOverChannels(m.op.Mul(w, m.activation));

/** Weights are mean gradients. Selvaraju et al. 2017, eq. 1 and 2. */
const gradCamMap = (m: Maps): Value => weighted(m, m.meanOverSpace(m.gradient));

export const gradCam = cam({ name: 'grad-cam', title: 'Grad-CAM', paper: 'Selvaraju et al. 2017, arXiv:1610.02391', meaning }, gradCamMap);

/** Chattopadhay et al. 2018, eq. 11 and 19, for a score behind an exponential: the powers of one gradient stand for the higher derivatives. */
export const gradCamPlusPlus = cam(
  { name: 'grad-cam++', title: 'Grad-CAM++', paper: 'Chattopadhay et al. 2018, arXiv:1710.11063', meaning },
  (m) => {
    const { op, gradient: g } = m;
    const squared = op.Mul(g, g);
    const divisor = op.Add(op.Mul(squared, 2), m.sumOverSpace(op.Mul(m.activation, op.Mul(squared, g))));
    const zero = op.Equal(divisor, 0);
    const alpha = op.Where(zero, 0, op.Div(squared, op.Where(zero, 1, divisor)));
    return weighted(m, m.sumOverSpace(op.Mul(alpha, op.Relu(g))));
  },
);

/** Each position has a weight of its own. Jiang et al. 2021, eq. 8. */
export const layerCam = cam({ name: 'layer-cam', title: 'LayerCAM', paper: 'Jiang et al. 2021, IEEE TIP 30', meaning }, (m) =>
  m.sumOverChannels(m.op.Mul(m.op.Relu(m.gradient), m.activation)),
);

/** Draelos and Carin 2020, eq. 3. */
export const hiResCam = cam({ name: 'hires-cam', title: 'HiResCAM', paper: 'Draelos and Carin 2020, arXiv:2011.08891', meaning }, (m) =>
  m.sumOverChannels(m.op.Mul(m.gradient, m.activation)),
);

/** Weights from gradients in proportion to activations. Fu et al. 2020, eq. 9. */
export const xGradCam = cam({ name: 'xgrad-cam', title: 'XGrad-CAM', paper: 'Fu et al. 2020, arXiv:2008.02312', meaning }, (m) => {
  const { op } = m;
  const total = m.sumOverSpace(m.activation);
  const zero = op.Equal(total, 0);
  return weighted(m, op.Where(zero, 0, op.Div(m.sumOverSpace(op.Mul(m.gradient, m.activation)), op.Where(zero, 1, total))));
});

/** Fine detail where Grad-CAM looks. Selvaraju et al. 2017, section 3.2. */
export const guidedGradCam = single({
  name: 'guided-grad-cam',
  title: 'Guided Grad-CAM',
  paper: 'Selvaraju et al. 2017, arXiv:1610.02391',
  meaning: 'the detail here that raises the score, in regions that speak for the target',
  family: 'cam',
  signed: true,
  layer: 'spatial',
  options: { upsample: choice(['nearest', 'bilinear'] as const, 'nearest', "how the map is resized to the input's size") },
  write(f, { upsample }, q) {
    const own = gradCamMap(mapsOf(f, layerOf(q, 'guided-grad-cam')));
    const flat = f.x.find(({ type }) => type.shape?.length !== own.type.shape?.length);
    if (flat !== undefined)
      throw new ExplainError(
        'bad-input',
        `guided-grad-cam lays a map over a picture or a series, and ${flat.name} has shape [${flat.type.shape?.join(',')}]: name the picture with --at`,
      );
    const map = upsampled(f, f.op.Relu(own), upsample);
    return Object.fromEntries(f.gradient(f.x, { rules: guidedRules }).map((g, i) => [f.x[i]!.name, f.op.Mul(g, map)]));
  },
});
