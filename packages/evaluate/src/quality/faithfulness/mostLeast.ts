import { areaUnder, curveOf, stepsOption } from '../curve.js';
import { metric } from '../metric.js';
import { removing } from '../parts.js';
import { numberOption } from '../remaining.js';

const options = { ...removing('finest'), number: numberOption('score'), steps: stepsOption(100) };
const shared = { family: 'faithfulness', undefinedWhere: 'never', options } as const;

/** Samek et al. 2017, section III-C: the area under the curve as what counts most is taken away first. */
export const morf = metric({
  ...shared,
  name: 'morf',
  title: 'Most relevant first',
  paper: 'Samek et al. 2017, arXiv:1509.06321',
  meaning: 'the mean score while parts are taken away, what counts most first',
  better: 'lower',
  async measure(e, given) {
    const curve = await curveOf(e, given, 'most');
    return { value: areaUnder(curve), curve };
  },
});

/** The same, what counts least first: the score should stay. */
export const lerf = metric({
  ...shared,
  name: 'lerf',
  title: 'Least relevant first',
  paper: 'Samek et al. 2017, arXiv:1509.06321',
  meaning: 'the mean score while parts are taken away, what counts least first',
  better: 'higher',
  async measure(e, given) {
    const curve = await curveOf(e, given, 'least');
    return { value: areaUnder(curve), curve };
  },
});

/** The area between both. Schulz et al. 2020, section 5.3; Achtibat et al. 2024, section 4.1 (ΔA of AttnLRP). */
export const abpc = metric({
  ...shared,
  name: 'abpc',
  title: 'Area between perturbation curves (LeRF - MoRF)',
  paper: 'Schulz et al. 2020, arXiv:2001.00396; Achtibat et al. 2024, arXiv:2402.05602',
  meaning: 'by how much the score is higher, on average, while what counts least is taken away first than while what counts most is',
  better: 'higher',
  async measure(e, given) {
    const [least, most] = [await curveOf(e, given, 'least'), await curveOf(e, given, 'most')];
    const values = least.values.map((s, k) => s - most.values[k]!);
    return { value: areaUnder(least) - areaUnder(most), curve: { along: least.along, values } };
  },
});
