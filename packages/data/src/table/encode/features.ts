import type { Feature, Kind, Schema } from '../schema.js';
import type { Block, Pipeline } from './pipeline.js';
import type { Step } from './steps.js';

/** What a pipeline tells of its columns, laid over what a schema guessed says of them. */
export function schemaFor(pipeline: Pipeline, guessed: Schema): Schema {
  const told = new Map(pipeline.blocks.flatMap((block) => block.columns.map((name, i) => [name, featureIn(block, name, i)] as const)));
  const names = new Set(guessed.features.map(({ name }) => name));
  return {
    ...guessed,
    features: [
      ...guessed.features.map((feature) => ({ ...feature, ...told.get(feature.name) })),
      ...[...told].flatMap(([name, feature]) => (names.has(name) ? [] : [{ kind: 'number' as Kind, ...feature, name }])),
    ].map(fitting),
  };
}

function featureIn({ steps }: Block, name: string, i: number): Partial<Feature> & { readonly name: string } {
  const kind = steps.map((step) => KINDS[step.step](step, i)).find((told) => told !== undefined);
  return { name, ...kind };
}

/** What each step tells of what comes into it. */
const KINDS: { readonly [name in Step['step']]: (step: Step, column: number) => Omit<Feature, 'name'> | undefined } = {
  impute: (step, i) => (typeof (step as { readonly values: readonly unknown[] }).values?.[i] === 'number' ? { kind: 'number' } : undefined),
  standard: () => ({ kind: 'number' }),
  minMax: () => ({ kind: 'number' }),
  quantile: () => ({ kind: 'number' }),
  bins: () => ({ kind: 'number' }),
  ordinal: categorical,
  oneHot: categorical,
  passthrough: () => undefined,
};

function categorical(step: Step, i: number): Omit<Feature, 'name'> | undefined {
  const categories = (step as { readonly categories?: readonly (readonly string[])[] }).categories?.[i];
  return categories && { kind: 'category', categories };
}

/** Without what goes with another kind. */
function fitting({ categories, min, max, whole, unit, ...feature }: Feature): Feature {
  const isNumeric = feature.kind === 'number' || feature.kind === 'date';
  return {
    ...feature,
    ...((feature.kind === 'category' || (feature.kind === 'boolean' && categories?.length === 2)) && categories && { categories }),
    ...(isNumeric && {
      ...(min !== undefined && { min }),
      ...(max !== undefined && { max }),
      ...(whole !== undefined && { whole }),
      ...(unit !== undefined && { unit }),
    }),
  };
}
