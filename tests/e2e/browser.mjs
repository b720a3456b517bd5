// A real Chromium without a GPU, and what every test asks of a page.
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import { root } from './server.mjs';

export const out = process.env.DOTHI_E2E_OUT ?? join(root, 'tests/e2e/out');
mkdirSync(out, { recursive: true });

export const desktop = { width: 1440, height: 900 };
export const phone = { width: 390, height: 844 };

export function launch() {
  return chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: [
      '--headless', '--no-sandbox', '--disable-quic', '--no-first-run', '--disable-background-networking',
      '--disable-component-update', '--disable-sync',
      // WebGL is drawn by the processor: test machines have no graphics card.
      '--use-angle=swiftshader', '--enable-unsafe-swiftshader',
    ],
  });
}

/** A reader of his own: cookies, size of window, language; fails on scripts' errors and on requests elsewhere. */
export async function reader(browser, url, { viewport = desktop, lang = 'vi', touch = false } = {}) {
  const context = await browser.newContext({ viewport, baseURL: url, locale: lang, hasTouch: touch, deviceScaleFactor: touch ? 2 : 1 });
  await context.addCookies([{ name: 'dothi_lang', value: lang, url }]);
  const page = await context.newPage();
  const faults = [];
  page.on('pageerror', (e) => faults.push(`script: ${e.message}`));
  page.on('request', (r) => {
    const at = new URL(r.url());
    if (/^https?:$/.test(at.protocol) && at.origin !== url) faults.push(`request to ${r.url()}`);
  });
  page.on('console', (m) => {
    if (m.type() === 'error' && !/status of (400|401|403|404|409|412|422)/.test(m.text())) faults.push(`console: ${m.text()}`);
  });
  page.faults = faults;
  page.setDefaultTimeout(30_000);
  return page;
}

export async function shot(page, name, fullPage = false) {
  await page.screenshot({ path: join(out, `${name}.png`), fullPage });
}

/** The map has drawn what it has to draw. */
export async function mapReady(page) {
  await page.waitForSelector('html[data-map=ready]', { timeout: 60_000 });
}

/** What holds for every page: no scroll sideways, one h1, labels, language, no missing text, no faults. */
export async function checkPage(page) {
  const found = await page.evaluate(() => {
    const unlabelled = [...document.querySelectorAll('input:not([type=hidden]), select, textarea')]
      .filter((f) => !f.labels?.length && !f.getAttribute('aria-label'))
      .map((f) => f.outerHTML.slice(0, 120));
    const nameless = [...document.querySelectorAll('a, button')]
      .filter((e) => e.checkVisibility() && !(e.textContent.trim() || e.getAttribute('aria-label') || e.title))
      .map((e) => e.outerHTML.slice(0, 120));
    return {
      sideways: document.documentElement.scrollWidth - document.documentElement.clientWidth,
      headings: document.querySelectorAll('h1').length,
      main: document.querySelectorAll('main').length,
      missing: document.body.innerText.match(/⟨[^⟩]*⟩|Unknown localization \S+/g) ?? [],
      unlabelled,
      nameless,
    };
  });
  assert.deepEqual({ ...found, sideways: Math.max(found.sideways, 0) }, { sideways: 0, headings: 1, main: 1, missing: [], unlabelled: [], nameless: [] }, page.url());
  assert.deepEqual(page.faults, [], page.url());
}
