/** Looks of what a script adds to a page: values where one points, headings that sort, fields. */
export const pageStyle = `
:root { --low: #1c6fd0; --high: #c2185b; --none: #8d8d99; }
@media (prefers-color-scheme: dark) { :root { --low: #5aa9ff; --high: #ff6f9f; --none: #8d8d99; } }
.tip { position: fixed; z-index: 5; max-width: min(22rem, calc(100vw - 1rem)); padding: 0.3rem 0.6rem; border-radius: 0.4rem; background: var(--ink); color: var(--paper); font-size: 0.85rem; white-space: pre-line; overflow-wrap: anywhere; pointer-events: none; }
.chart svg text { pointer-events: none; }
.pointed { stroke: var(--ink); stroke-width: 2px; }
svg[tabindex]:focus-visible { outline: 2px solid var(--for); outline-offset: 3px; border-radius: 2px; }
th > button { all: unset; cursor: pointer; }
th > button:focus-visible { outline: 2px solid var(--for); }
th > button:hover { text-decoration: underline; }
[aria-sort] > button::after { content: ' ↓'; }
[aria-sort='ascending'] > button::after { content: ' ↑'; }
input[type='search'], select { font: inherit; font-size: 0.9rem; color: inherit; background: var(--paper); border: 1px solid var(--soft); border-radius: 0.3rem; padding: 0.15rem 0.4rem; margin: 0.25rem 0; max-width: 100%; }
.controls { display: flex; flex-wrap: wrap; gap: 0.25rem 1.25rem; font-size: 0.9rem; margin: 0.5rem 0; align-items: baseline; }
.controls button, .pages button, button.file { font: inherit; color: var(--for); background: none; border: 1px solid var(--line); border-radius: 0.3rem; padding: 0.1rem 0.6rem; cursor: pointer; }
button:disabled { color: var(--soft); cursor: default; }
.pages { display: flex; flex-wrap: wrap; gap: 0.5rem 1rem; align-items: center; font-size: 0.85rem; color: var(--soft); margin-top: 0.35rem; }
.controls[hidden], .pages[hidden] { display: none; }
.summary circle, .summary .rows tbody tr { cursor: pointer; }
.rows tr[aria-selected='true'] { background: var(--panel); font-weight: 600; }
.rows td, .rows th { white-space: nowrap; }
.rows tbody th > button { color: var(--for); }
.legend.swatches { display: block; }
.swatches i { font-style: normal; margin-left: 0.75rem; }
[data-plot] { position: relative; touch-action: pan-y; }
[data-plot]:focus-visible { outline: 2px solid var(--for); outline-offset: 3px; }
.broad { overflow-x: auto; }
.broad svg { min-width: 34rem; }
.cursor, .band { position: absolute; top: 0; bottom: 0; pointer-events: none; background: var(--ink); width: 1px; }
.band { background: color-mix(in srgb, var(--soft) 30%, transparent); }
.cursor[hidden], .band[hidden] { display: none; }
`;
