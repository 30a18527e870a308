import { attending, byHead, chained, folded, folding, mixed, oneStream, residual } from './attend.js';
import { TOKENS_BY_TOKENS } from './shown.js';

/** R = Â_L … Â_1 with Â = (A + I)/2, heads averaged. [B,T,T]. Abnar and Zuidema 2020, section 3. */
export const attentionRollout = attending({
  name: 'attention-rollout',
  title: 'Attention rollout',
  paper: 'Abnar and Zuidema 2020, arXiv:2005.00928',
  meaning: 'how much of this token ends up in the one that is read, if layers mix tokens by their attention',
  signed: false,
  forwardOnly: true,
  options: { ...folding, residual },
  *write(f, layers, options) {
    const stream = oneStream(layers, 'attention-rollout');
    const parts = stream.map((layer) => mixed(f, folded(f, byHead(f, layer.weights, layer), options), layer, options.residual));
    yield [TOKENS_BY_TOKENS, chained(f, parts), stream.at(-1)!];
  },
});

/**
 * The same with attention weighted by its gradient: Â from A⁺ = heads of ReLU(A ∘ ∂F/∂A). [B,T,T].
 * Chefer et al. 2021, arXiv:2012.09838, equation 13 without relevance, rows normalized as rollout does.
 */
export const attentionGradRollout = attending({
  name: 'attention-grad-rollout',
  title: 'Gradient attention rollout',
  paper: 'Chefer et al. 2021, arXiv:2012.09838; Abnar and Zuidema 2020, arXiv:2005.00928',
  meaning: 'how much of this token ends up in the one that is read, counting only attention that raises the score',
  signed: false,
  options: { ...folding, residual },
  *write(f, layers, options) {
    const { op } = f;
    const stream = oneStream(layers, 'attention-grad-rollout');
    const gradients = f.gradient(stream.map(({ weights }) => weights));
    const parts = stream.map((layer, i) => {
      const raising = op.Relu(op.Mul(layer.weights, gradients[i]!));
      return mixed(f, folded(f, byHead(f, raising, layer), options), layer, options.residual);
    });
    yield [TOKENS_BY_TOKENS, chained(f, parts), stream.at(-1)!];
  },
});
