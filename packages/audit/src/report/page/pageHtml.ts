import type { Html } from '../html.js';

/** `html` of `html.ts` for a page: everything put into the template is escaped, unless it made it itself. It names nothing outside itself. */
export function pageHtml(): (texts: TemplateStringsArray, ...parts: readonly unknown[]) => Html {
  const made = new WeakSet<object>();
  const escape = (text: string): string => text.replaceAll(/[&<>"']/g, (c) => `&#${c.codePointAt(0)};`);
  const render = (part: unknown): string => {
    if (part === undefined || part === false) return '';
    if (Array.isArray(part)) return part.map(render).join('');
    return typeof part === 'object' && part !== null && made.has(part) ? (part as Html).html : escape(String(part));
  };
  return (texts, ...parts) => {
    const one: Html = { html: texts.reduce((all, text, i) => all + render(parts[i - 1]) + text) };
    made.add(one);
    return one;
  };
}
