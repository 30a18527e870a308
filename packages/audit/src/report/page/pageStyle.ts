/** Looks of what a script adds to a page: values where one points, headings that sort, fields. */
export const pageStyle = `
.tip { position: fixed; z-index: 5; max-width: min(22rem, calc(100vw - 1rem)); padding: 0.3rem 0.6rem; border-radius: 0.4rem; background: var(--ink); color: var(--paper); font-size: 0.85rem; white-space: pre-line; overflow-wrap: anywhere; pointer-events: none; }
.pointed { stroke: var(--ink); stroke-width: 2px; }
svg[tabindex]:focus-visible { outline: 2px solid var(--for); outline-offset: 3px; border-radius: 2px; }
th > button { all: unset; cursor: pointer; }
th > button:focus-visible { outline: 2px solid var(--for); }
th > button:hover { text-decoration: underline; }
[aria-sort] > button::after { content: ' ↓'; }
[aria-sort='ascending'] > button::after { content: ' ↑'; }
input[type='search'], select { font: inherit; font-size: 0.9rem; color: inherit; background: var(--paper); border: 1px solid var(--soft); border-radius: 0.3rem; padding: 0.15rem 0.4rem; margin: 0.25rem 0; max-width: 100%; }
`;
