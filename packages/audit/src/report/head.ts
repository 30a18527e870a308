import { html, trusted, type Html } from './html.js';
import { style } from './style.js';

/** The head of every page: no network; beside its own style only what `policy` lets in, a script by its digest. */
export const headHtml = (title: string, policy = '', ownStyle = ''): Html =>
  html`<head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <meta http-equiv="Content-Security-Policy" content="default-src 'none'; ${policy}style-src 'unsafe-inline'" />
    <title>${title}</title>
    <style>
      ${trusted(style + ownStyle)}
    </style>
  </head>`;
