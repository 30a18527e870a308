import { amountsHtml } from './amounts.js';
import { html, type Html } from './html.js';

/** A rule in words: what it asks for with what each part adds to its precision, and how far it holds. */
export interface RuleShown {
  readonly text: string;
  readonly keeps: string;
  readonly applies: string;
  readonly conditions: readonly { readonly text: string; readonly rise: number }[];
}

export const ruleHtml = ({ text, keeps, applies, conditions }: RuleShown): Html =>
  html`<div class="taken">
    <p class="answer">If <bdi>${text}</bdi></p>
    <p>${keeps} ${applies}</p>
    ${
      conditions.length > 1 &&
      amountsHtml({
        head: ['asks for', 'adds to the share that keeps the decision'],
        signed: true,
        most: 1,
        rows: conditions.map((one) => ({ name: one.text, value: one.rise })),
      })
    }
  </div>`;
