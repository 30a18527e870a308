import { html, type Html } from './html.js';

/** Something that can be chosen, and what is shown when it is. */
export interface Choice {
  readonly label: Html;
  readonly panel: Html;
}

/**
 * One panel of several, without scripts: radio buttons, each with its panel behind it, which style shows below them all when it is chosen
 * or pointed at. What cannot be chosen stands among them as it is. `name` must be the page's only one; with `columns`, rows of a
 * name and so many choices.
 */
export function choicesHtml(name: string, legend: string, choices: readonly (Choice | Html)[], columns?: number): Html {
  const first = choices.findIndex((choice) => 'panel' in choice);
  return html`<fieldset
    class="choices${columns !== undefined && ' grid'}"
    ${columns !== undefined && html`style="grid-template-columns:var(--names) repeat(${columns}, 6rem)"`}
  >
    <legend>${legend}</legend>
    ${choices.map((choice, i) =>
      'panel' in choice
        ? html`<label><input type="radio" name="${name}" value="${i}" ${i === first && html`checked=""`} />${choice.label}</label>
            <div class="panel">${choice.panel}</div>`
        : choice,
    )}
  </fieldset>`;
}
