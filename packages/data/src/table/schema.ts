import { encodings, type Dialect } from './table.js';

/** What a column of a table means. */
export interface Feature {
  /** As the file calls it. */
  readonly name: string;
  readonly kind: Kind;
  /** What people call it. */
  readonly label?: string;
  /** Of numbers: years, mmHg. */
  readonly unit?: string;
  /** All there are, as files spell them: of a category, or what a boolean calls no and yes, in this order. */
  readonly categories?: readonly string[];
  /** Least and greatest number that is known. */
  readonly min?: number;
  readonly max?: number;
  /** Only whole numbers make sense. */
  readonly whole?: boolean;
  /** Whether cells may be empty. */
  readonly missing?: boolean;
  /** Columns that hang together have the same group. */
  readonly group?: string;
  /** Nobody can change it. */
  readonly immutable?: boolean;
  /** The only way it can change: a person grows older, not younger. */
  readonly monotone?: (typeof directions)[number];
}

export const kinds = ['number', 'category', 'boolean', 'text', 'date', 'id'] as const;
export type Kind = (typeof kinds)[number];
export const directions = ['increasing', 'decreasing'] as const;

/** How a table is laid out and spelled. */
export interface Format extends Partial<Dialect> {
  /** What stands between a number and its fraction. */
  readonly decimal?: '.' | ',';
}

/** What the columns of a table mean: `schema.json`. */
export interface Schema {
  /** In the order of the model's inputs, where it takes them as they are. */
  readonly features: readonly Feature[];
  /** The column that tells what is true, which is no input. */
  readonly labelColumn?: string;
  /** What files write where nothing is known. A category of that name is one all the same. */
  readonly missing?: readonly string[];
  readonly format?: Format;
}

/** A value of a feature: text of its categories, a number, true or false; null where nothing is known. */
export type Value = string | number | boolean | null;

/** What a feature is called by people. */
export const calledBy = ({ label, name }: Pick<Feature, 'label' | 'name'>): string => label ?? name;

/** The feature of a name. */
export const featureNamed = ({ features }: Schema, name: string): Feature | undefined => features.find((feature) => feature.name === name);

/** What files write for no and yes. */
export const truths: readonly (readonly [no: string, yes: string])[] = [
  ['false', 'true'],
  ['no', 'yes'],
  ['f', 't'],
  ['n', 'y'],
];

/** Text that is written where nothing is known, unless a schema says otherwise. */
export const missingWords: readonly string[] = ['', 'NA', 'N/A', 'NaN', 'nan', 'null', 'NULL', '?'];

/** A schema as JSON, a feature a line. */
export function schemaJson({ features, format, ...rest }: Schema): string {
  const head = Object.entries({ format, ...rest }).flatMap(([key, value]) =>
    value === undefined ? [] : [`  ${JSON.stringify(key)}: ${JSON.stringify(value)},\n`],
  );
  return `{\n${head.join('')}  "features": [\n${features.map((feature) => `    ${JSON.stringify(feature)}`).join(',\n')}\n  ]\n}\n`;
}

export const knownEncodings: readonly string[] = encodings;
