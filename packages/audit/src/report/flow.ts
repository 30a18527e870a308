import type { Conservation } from '@vitrine/explain';
import { sankey, sankeyJustify, sankeyLinkHorizontal } from 'd3-sankey';
import { AGAINST, FOR } from './chart.js';
import { html, type Html } from './html.js';

/** More places than these are no picture any more. */
const MOST = 300;
const COLUMN = [20, 46] as const;
const PAGE = 900;
const HEIGHT = 220;
const MARGIN = { top: 16, right: 110, bottom: 40, left: 60 };

interface Place {
  readonly name: string;
  readonly label: string;
  readonly note: string;
}
interface Stream {
  readonly source: string;
  readonly target: string;
  readonly value: number;
  readonly signed: number;
}

/**
 * Where relevance went: from the score on the left through the layers to the input on the right; a band is as wide as the relevance that
 * took this way. Undefined where there is no flow to draw, or too much.
 */
export function flow({ layers, start, name }: Conservation): Html | undefined {
  const values = new Set(layers.map(({ value }) => value));
  const ends = new Set(layers.flatMap(({ passed }) => Object.keys(passed)).filter((value) => !values.has(value)));
  if (layers.length === 0 || layers.length > MOST || !layers.every(({ relevance }) => Number.isFinite(relevance))) return undefined;
  const amount = (v: number): string => v.toPrecision(3);
  const places: readonly Place[] = [
    ...layers.map(({ value, node, opType, relevance, bias }) => ({
      name: value,
      label: opType.slice(opType.lastIndexOf('.') + 1),
      note: `${opType} ${node}: relevance ${amount(relevance)}, kept by biases ${amount(bias)}`,
    })),
    ...[...ends].map((value) => ({ name: value, label: shortened(value), note: `${value}: what is explained` })),
  ];
  const streams: readonly Stream[] = layers.flatMap(({ value, passed }) =>
    Object.entries(passed).flatMap(([target, signed]) =>
      signed === 0 ? [] : [{ source: value, target, value: Math.abs(signed), signed }],
    ),
  );
  if (streams.length === 0) return undefined;
  const layout = sankey<Place, Stream>()
    .nodeId(({ name: id }) => id)
    .nodeAlign(sankeyJustify)
    .nodeWidth(6)
    .nodePadding(10);
  const depth = longest(streams);
  const column = Math.max(COLUMN[0], Math.min(COLUMN[1], (PAGE - MARGIN.left - MARGIN.right) / depth));
  const width = Math.max(560, MARGIN.left + MARGIN.right + column * depth);
  const { nodes, links } = layout.extent([
    [MARGIN.left, MARGIN.top],
    [width - MARGIN.right, HEIGHT - MARGIN.bottom],
  ])({ nodes: places.map((p) => ({ ...p })), links: streams.map((s) => ({ ...s })) });
  const path = sankeyLinkHorizontal<Place, Stream>();
  const narrow = depth > 60;
  return html`<svg
    viewBox="0 0 ${width} ${HEIGHT}"
    width="${width}"
    height="${HEIGHT}"
    role="img"
    aria-label="How ${name} of ${amount(start)} flows from the score on the left to the input on the right"
  >
    ${links.map(
      (link) =>
        html`<path
          d="${path(link) ?? ''}"
          fill="none"
          stroke="${link.signed < 0 ? AGAINST : FOR}"
          stroke-opacity="0.45"
          stroke-width="${Math.max(1, link.width ?? 1).toFixed(2)}"
          ><title>${amount(link.signed)}</title></path
        >`,
    )}
    ${nodes.map(
      ({ x0 = 0, x1 = 0, y0 = 0, y1 = 0, label, note, sourceLinks = [] }) =>
        html`<g
          ><rect
            x="${x0.toFixed(1)}"
            y="${y0.toFixed(1)}"
            width="${(x1 - x0).toFixed(1)}"
            height="${Math.max(1, y1 - y0).toFixed(1)}"
            fill="currentColor"
            ><title>${note}</title></rect
          >${
            sourceLinks.length === 0
              ? html`<text x="${(x1 + 6).toFixed(1)}" y="${((y0 + y1) / 2 + 4).toFixed(1)}" font-size="12" fill="currentColor"
                  >${label}</text
                >`
              : !narrow &&
                y1 - y0 > 3 &&
                html`<text
                  transform="translate(${((x0 + x1) / 2 + 3).toFixed(1)},${(y1 + 6).toFixed(1)}) rotate(45)"
                  font-size="9"
                  fill="currentColor"
                  opacity="0.7"
                  >${label}</text
                >`
          }</g
        >`,
    )}
  </svg>`;
}

/** The end of a name, which tells more than its beginning. */
const shortened = (name: string): string => (name.length > 15 ? `…${name.slice(-14)}` : name);

/** Places on the longest way. */
function longest(streams: readonly Stream[]): number {
  const depth = new Map<string, number>();
  // Layers are listed from the output back, so a place is final when its own streams come up.
  for (const { source, target } of streams) depth.set(target, Math.max(depth.get(target) ?? 0, (depth.get(source) ?? 0) + 1));
  return Math.max(...depth.values());
}
