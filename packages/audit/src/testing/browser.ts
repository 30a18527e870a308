import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { chromium, type Browser, type BrowserContextOptions, type Page } from 'playwright-core';

const executable = [process.env['CHROMIUM'], '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(
  (file) => file !== undefined && existsSync(file),
);

export interface Opened {
  readonly page: Page;
  /** What the page said on its console: errors, and what its policy kept out. */
  readonly complaints: readonly string[];
}

export interface Reader {
  open(markup: string, options?: BrowserContextOptions): Promise<Opened>;
  /** The text of the file that a click on the link gives. */
  download(page: Page, link: string): Promise<{ readonly name: string; readonly text: string }>;
  close(): Promise<void>;
}

/** Chromium, opening pages from the disk as readers do. */
export async function reader(): Promise<Reader> {
  if (executable === undefined) throw new Error('Chromium is not installed: apt-get install chromium, or set CHROMIUM to its path');
  const folder = mkdtempSync(path.join(os.tmpdir(), 'vitrine-pages-'));
  const browser: Browser = await chromium.launch({
    executablePath: executable,
    args: ['--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking', '--disable-component-update'],
  });
  let count = 0;
  return {
    open: async (markup, options = {}) => {
      const file = path.join(folder, `${count++}.html`);
      writeFileSync(file, markup);
      const page = await (await browser.newContext({ ...options, acceptDownloads: true })).newPage();
      const complaints: string[] = [];
      page.on('console', (message) => complaints.push(message.text()));
      page.on('pageerror', (error) => complaints.push(error.message));
      await page.goto(pathToFileURL(file).href);
      return { page, complaints };
    },
    download: async (page, link) => {
      const [file] = await Promise.all([page.waitForEvent('download'), page.click(link)]);
      return { name: file.suggestedFilename(), text: readFileSync(await file.path(), 'utf8') };
    },
    close: async () => {
      await browser.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
