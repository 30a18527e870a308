import { pageStyle } from './page/pageStyle.js';
import { traceStyle } from './traceStyle.js';

/** The report's looks: system type, one column, light and dark. */
export const style = `
:root { color-scheme: light dark; --ink: #1b1b1f; --soft: #5b5b66; --line: #d9d9e0; --paper: #fdfdfc; --panel: #f4f4f1; --for: #b35806; --against: #542788; }
@media (prefers-color-scheme: dark) { :root { --ink: #ececf0; --soft: #a5a5b2; --line: #3a3a44; --paper: #17171b; --panel: #212127; --for: #f1a340; --against: #b8a6dc; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 16px/1.55 system-ui, sans-serif; }
main { max-width: 60rem; margin: 0 auto; padding: 2.5rem 1.25rem 5rem; }
header { margin-bottom: 2rem; }
h1 { font-size: 2rem; line-height: 1.2; margin: 0; letter-spacing: -0.01em; }
h2 { font-size: 1.3rem; margin: 0 0 0.5rem; }
h3 { font-size: 1rem; margin: 1.25rem 0 0.25rem; }
.kicker { margin: 0 0 0.5rem; color: var(--soft); font-size: 0.85rem; }
section { margin: 0 0 2.5rem; }
.verdict { display: grid; grid-template-columns: minmax(0, 20rem) 1fr; gap: 1.5rem; align-items: start; background: var(--panel); padding: 1.25rem; border-radius: 0.75rem; }
@media (max-width: 40rem) { .verdict { grid-template-columns: 1fr; } }
.verdict:not(:has(figure)) { grid-template-columns: 1fr; }
.answer { font-size: 1.6rem; font-weight: 600; margin: 0 0 0.75rem; }
.answer span { font-weight: 400; color: var(--soft); }
.method { border-top: 1px solid var(--line); padding-top: 1.75rem; }
.lead { max-width: 44rem; }
.for { color: var(--for); font-weight: 600; }
.against { color: var(--against); font-weight: 600; }
.finding { max-width: 44rem; font-size: 1.1rem; }
.legend { display: flex; align-items: center; gap: 0.6rem; color: var(--soft); font-size: 0.85rem; }
.legend span { width: 9rem; height: 0.6rem; border-radius: 0.3rem; }
.pictures { display: grid; grid-template-columns: repeat(auto-fit, minmax(15rem, 1fr)); gap: 1rem; }
figure { margin: 0; }
figure img { width: 100%; height: auto; display: block; border-radius: 0.4rem; }
.chart svg { max-width: 100%; height: auto; font: 12px system-ui, sans-serif; overflow: visible; }
.narrow { display: none; }
@media (max-width: 40rem) { .wide { display: none; } .narrow { display: block; } }
.taken { margin: 1.25rem 0; }
.scroll { overflow: auto; max-height: 28rem; }
.file { margin: 0.35rem 0 0; font-size: 0.85rem; color: var(--soft); }
a { color: var(--for); }
.heads > div { overflow-x: auto; }
.heads img { width: 5.5rem; height: 5.5rem; image-rendering: pixelated; border-radius: 0.2rem; }
.heads td, .heads th { padding: 0.2rem; border: 0; }
.heads th { font-weight: 400; max-width: 12rem; overflow-wrap: anywhere; }
.flow > div { overflow-x: auto; background: var(--panel); border-radius: 0.5rem; padding: 0.5rem; }
.passage { white-space: pre-wrap; unicode-bidi: plaintext; overflow-wrap: anywhere; font-size: 1.15rem; line-height: 2.1; max-width: 44rem; margin: 0 0 0.5rem; }
.given { line-height: 1.5; margin-bottom: 1rem; }
.pro { --hue: var(--for); text-decoration-style: solid; }
.con { --hue: var(--against); text-decoration-style: dotted; }
.pro, .con { background: color-mix(in srgb, var(--hue) calc(var(--v) * 42%), transparent); text-decoration-line: underline; text-decoration-color: var(--hue); text-decoration-thickness: calc(1px + var(--v) * 4px); text-underline-offset: 0.3em; text-decoration-skip-ink: none; -webkit-print-color-adjust: exact; print-color-adjust: exact; }
figcaption { color: var(--soft); font-size: 0.85rem; margin-top: 0.35rem; }
table { border-collapse: collapse; font-size: 0.9rem; }
th, td { text-align: left; padding: 0.2rem 1.25rem 0.2rem 0; border-bottom: 1px solid var(--line); }
td:not(:first-child) { font-variant-numeric: tabular-nums; }
ul { margin: 0; padding-left: 1.2rem; max-width: 44rem; }
.warning { color: var(--for); }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 0.25rem 1.25rem; margin: 0.5rem 0; font-size: 0.9rem; }
@media (max-width: 40rem) { dl { grid-template-columns: 1fr; gap: 0; } dt { margin-top: 0.4rem; } }
dt { color: var(--soft); }
dd { margin: 0; min-width: 0; overflow-wrap: anywhere; }
details { margin-top: 1rem; }
summary { cursor: pointer; color: var(--soft); }
pre { background: var(--panel); padding: 0.9rem; border-radius: 0.5rem; overflow-x: auto; font-size: 0.8rem; white-space: pre-wrap; overflow-wrap: anywhere; }
.record { max-height: 24rem; }
${pageStyle}
${traceStyle}`;
