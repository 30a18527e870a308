/** Looks of tables of values, of what can be chosen, and of arcs. Sign is never told by colour alone: stripes, dots and dashes are against. */
export const traceStyle = `
.up { background: color-mix(in srgb, var(--for) calc(var(--v) * 100%), var(--panel)); }
.down { --tone: color-mix(in srgb, var(--against) calc(var(--v) * 100%), var(--panel)); background: repeating-linear-gradient(135deg, var(--tone) 0 3px, var(--panel) 3px 4.5px); }
.up, .down { forced-color-adjust: none; -webkit-print-color-adjust: exact; print-color-adjust: exact; }
.trace { margin-top: 1.5rem; }
.trace h3 { margin-top: 2rem; }
.trace figure { margin-bottom: 1rem; }
.heat > div, .map > div { overflow: auto; max-height: 34rem; }
.heat table { border-collapse: separate; border-spacing: 1px; font-size: 0.8rem; }
.heat th, .heat td { padding: 0.1rem 0.3rem; border: 0; white-space: nowrap; }
.heat thead th[scope='col']:not(:first-child) { writing-mode: vertical-rl; transform: rotate(180deg); font-weight: 400; max-height: 8rem; overflow: hidden; padding: 0.2rem 0; }
.heat thead th[scope='colgroup'] { border-bottom: 2px solid var(--soft); color: var(--soft); font-weight: 400; max-width: 0; overflow: hidden; text-overflow: ellipsis; }
.heat th[scope='row'], .heat thead tr > :first-child { position: sticky; left: 0; background: var(--paper); text-align: right; z-index: 1; max-width: 12rem; overflow: hidden; text-overflow: ellipsis; }
.heat tbody td { min-width: 1.35rem; max-width: 1.35rem; height: 1.5rem; overflow: hidden; color: transparent; font-size: 0.5rem; }
.heat tbody td:not([class]) { background: var(--panel); }
.heat thead { position: sticky; top: 0; z-index: 2; background: var(--paper); }
.heat tbody tr:hover th { text-decoration: underline; }
.heat tbody td:hover { outline: 2px solid var(--ink); }
.scale { display: inline-block; }
.scale i { display: inline-block; width: 1.35rem; height: 0.8rem; vertical-align: -0.1rem; margin-left: 0.4rem; }
.scale i[class=''] { background: var(--panel); }
.map > div { background: var(--panel); }
.map p { display: flex; margin: 0; width: max-content; min-width: 100%; font-size: 0.8rem; color: var(--soft); }
.map p span { flex-basis: 0; min-width: 0; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; border-left: 2px solid var(--soft); padding-left: 0.3rem; }
.map img { width: auto; max-width: none; border-radius: 0; image-rendering: pixelated; }
caption { text-align: left; color: var(--soft); padding-bottom: 0.25rem; }
small { color: var(--soft); }
.amounts { overflow-x: auto; }
.amounts th { white-space: nowrap; }
.amounts .bar { width: 16rem; min-width: 8rem; }
.bar i { display: block; height: 0.8rem; min-width: 1px; }
.choices { display: flex; flex-wrap: wrap; border: 0; margin: 0; padding: 0; min-width: 0; }
.choices > legend { padding: 0; color: var(--soft); font-size: 0.85rem; }
.choices > label, .choices > span { position: relative; padding: 0.1rem 0.3rem; border: 2px solid transparent; border-radius: 0.3rem; max-width: 100%; overflow-wrap: anywhere; }
.choices > label { cursor: pointer; }
.choices > span { color: var(--soft); }
.choices > label > input { position: absolute; opacity: 0; inset: 0; margin: 0; cursor: pointer; }
.choices > label:has(:checked) { border-color: var(--ink); font-weight: 600; }
.choices > label:has(:focus-visible) { outline: 2px solid var(--for); outline-offset: 1px; }
.choices > .panel { display: none; order: 1; width: 100%; background: var(--panel); border-radius: 0.5rem; padding: 0.75rem 1rem; margin-top: 0.5rem; }
.choices > label:has(:checked) + .panel { display: block; }
@media (hover: hover) {
  .choices > label:hover { background: var(--panel); }
  .choices:has(> label:hover) > .panel { display: none; }
  .choices:has(> label:hover) > label:hover + .panel { display: block; }
}
.heads > div { container-type: inline-size; }
.grid { --names: 11rem; display: grid; width: max-content; }
@media (max-width: 40rem) { .grid { --names: 6rem; } }
.grid > span { font-size: 0.85rem; align-self: center; padding: 0.1rem 0.5rem 0.1rem 0; }
.grid > label { align-self: start; padding: 0.1rem; justify-self: start; }
.grid > .panel { grid-column: 1 / -1; justify-self: start; position: sticky; left: 0; width: 100cqw; }
.line { overflow-x: auto; }
.arcs { display: block; max-width: none; }
.arcs text { font-family: ui-monospace, monospace; fill: currentColor; white-space: pre; }
.arcs path { fill: none; stroke: var(--for); }
.arcs circle { fill: var(--for); }
.arcs .less path { stroke: var(--against); stroke-dasharray: 5 4; }
.arcs .less circle { fill: var(--against); }
.arcs g:hover { opacity: 1; }
.beside { display: flex; flex-wrap: wrap; gap: 1.5rem; align-items: start; margin-top: 0.5rem; }
.beside details { margin: 0; }
.axes { --cell: 1.15rem; display: grid; grid-template: auto auto / auto auto; width: max-content; max-width: 100%; overflow-x: auto; font-size: 0.75rem; line-height: var(--cell); }
.axes p { display: flex; margin: 0; }
.axes span { overflow: hidden; white-space: nowrap; }
.axes p:nth-child(1) { grid-area: 1 / 2; align-items: end; }
.axes p:nth-child(1) span { width: var(--cell); max-height: 8rem; writing-mode: vertical-rl; transform: rotate(180deg); padding-top: 0.2rem; }
.axes p:nth-child(2) { grid-area: 2 / 1; flex-direction: column; text-align: right; padding-right: 0.3rem; }
.axes p:nth-child(2) span { height: var(--cell); max-width: 9rem; }
.axes img { grid-area: 2 / 2; width: calc(var(--n) * var(--cell)); height: calc(var(--n) * var(--cell)); border-radius: 0; }
.panel p { overflow-wrap: anywhere; margin: 0 0 0.5rem; }
.panel .passage { font-size: 1rem; line-height: 1.9; max-width: none; margin: 0; }
.part { display: grid; grid-template-columns: 8rem minmax(0, 1fr); gap: 0.75rem; border-top: 1px solid var(--line); padding: 0.25rem 0; }
.part > :only-child { grid-column: 1 / -1; }
.part > span { color: var(--soft); font-size: 0.85rem; line-height: 2.2; overflow-wrap: anywhere; }
@media (max-width: 40rem) { .part { grid-template-columns: 1fr; gap: 0; } .panel { padding-inline: 0.6rem; } }
`;
