import { html, trusted, type Html } from './html.js';
import { style } from './style.js';

/** The head of every page: no network, no scripts; beside its own style only what `policy` lets in. */
export const headHtml = (title: string, policy = ''): Html =>
  html`<head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <meta http-equiv="Content-Security-Policy" content="default-src 'none'; ${policy}style-src 'unsafe-inline'" />
    <title>${title}</title>
    <style>
      ${trusted(style)}
    </style>
  </head>`;
