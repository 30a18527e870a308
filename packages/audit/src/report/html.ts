import escapeHtml from 'escape-html';

/** Text that is HTML already. */
export interface Html {
  readonly html: string;
}

type Part = Html | string | number | false | undefined | readonly Part[];

const render = (part: Part): string => {
  if (part === undefined || part === false) return '';
  if (typeof part === 'object' && 'html' in part) return part.html;
  return Array.isArray(part) ? part.map(render).join('') : escapeHtml(String(part));
};

/** Everything put into the template is escaped, unless it is HTML made by this function. */
export const html = (texts: TemplateStringsArray, ...parts: readonly Part[]): Html => ({
  html: texts.reduce((all, text, i) => all + render(parts[i - 1]) + text),
});

/** Markup from a trusted maker of pictures. */
export const trusted = (markup: string): Html => ({ html: markup });
