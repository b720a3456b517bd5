// No page breaks a rule of WCAG 2.0 or 2.1 A and AA that axe-core can decide, for anybody who may open it, in either
// language, on a desktop and on a phone.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import axe from 'axe-core';
import { launch, mapReady, phone, reader, shot } from './browser.mjs';
import { startServer } from './server.mjs';
import * as step from './steps.mjs';

const small = { width: 1280, height: 800 };
const house = JSON.parse(readFileSync(step.model('expected.json'), 'utf8')).models['villa.ifc'];

let server;
let browser;
/** Addresses of a case in work: as its applicant and as an officer. */
const cases = {};
before(async () => {
  server = await startServer();
  browser = await launch();
});
after(async () => {
  await browser?.close();
  await server?.stop();
});

/** What axe-core finds on the page as it stands: rule, element, what is wrong. */
async function violations(page) {
  // By the debugger: the pages' content security policy lets no script in.
  await page.evaluate(axe.source);
  return page.evaluate(async () => {
    const { violations } = await globalThis.axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'best-practice'], resultTypes: ['violations'] });
    return violations.flatMap((v) => v.nodes.map((n) => `${v.id} (${v.impact}): ${n.target.join(' ')} – ${n.failureSummary.split('\n').slice(1).join(' ').trim()}`));
  });
}

const analysed = async (page) => {
  await page.waitForSelector('html[data-analysis=ready]');
  await page.locator('#an-form-body fieldset').first().locator('button').first().click();
  await page.locator('.an-condition select').nth(1).selectOption('not_null');
  await page.click('#an-form button[type=submit]');
  await page.waitForSelector('#an-table tbody tr', { timeout: 60_000 });
};
const identified = async (page) => {
  await mapReady(page);
  await page.waitForSelector('#identify:not([hidden])');
};

/** By account: name, address, and what to wait for or to do. */
const pages = {
  nobody: [
    ['map', '/', mapReady],
    ['identify', '/?parcel=24611-12-87', identified],
    ['search', '/search?q=gia+nghia'],
    ['search-empty', '/search?q=khongcogi'],
    ['catalogue', '/layers'],
    ['layer', '/layers/parcel', mapReady],
    ['unit', '/units/24611'],
    ['register', '/permits'],
    ['analysis', '/analysis', (page) => page.waitForSelector('html[data-analysis=ready]')],
    ['analysis-result', '/analysis?operation=nearest', analysed],
    ['sign-in', '/sign-in'],
    ['closed', '/officer'],
    ['not-found', '/khong-co-trang-nay'],
    ['ogc', '/ogc/', mapReady],
    ['ogc-conformance', '/ogc/conformance'],
    ['ogc-api', '/ogc/api'],
    ['ogc-collections', '/ogc/collections'],
    ['ogc-collection', '/ogc/collections/parcel', mapReady],
    ['ogc-items', '/ogc/collections/parcel/items?limit=20', mapReady],
    ['ogc-items-refused', '/ogc/collections/parcel/items?bbox=1'],
    ['ogc-item', '/ogc/collections/parcel/items/1', mapReady],
    ['ogc-schema', '/ogc/collections/parcel/schema'],
    ['ogc-tilesets', '/ogc/collections/zoning_lot/tiles', mapReady],
    ['ogc-matrix-set', '/ogc/tileMatrixSets/WebMercatorQuad'],
    ['ogc-styles', '/ogc/styles'],
    ['ogc-style', '/ogc/styles/zoning_lot', mapReady],
    ['qgis', '/layers/parcel/qgis'],
    ['qgis-all', '/qgis'],
  ],
  applicant: [
    ['applications', '/applications'],
    ['apply', '/apply?parcel=24611-12-87'],
    ['case-applicant', () => cases.applicant, mapReady],
    ['password', '/password'],
  ],
  reviewer: [
    ['queue', '/officer'],
    ['case-officer', () => cases.officer, mapReady],
    ['quality', '/quality'],
    ['quality-layer', '/quality/parcel'],
    ['changes', '/changes'],
    ['undo', '/changes/2/undo'],
    ['history', '/changes/items/parcel/1'],
    ['edit', '/edit', mapReady],
  ],
  editor: [
    ['import', '/import'],
    ['keys', '/keys'],
    ['catalogue-editor', '/layers'],
  ],
  admin: [['layer-admin', '/layers/camera_security', mapReady], ['changes-admin', '/changes']],
};

async function signedIn(name, options) {
  const page = await reader(browser, server.url, options);
  if (name !== 'nobody') await step.signIn(page, name);
  return page;
}

test('a case for the pages below: filed, accepted and checked', { timeout: 300_000 }, async () => {
  const applicant = await signedIn('applicant');
  cases.applicant = await step.apply(applicant, house.parcel, { title: 'Nhà biệt thự' });
  await step.fillForm(applicant, house.form);
  await step.uploadModel(applicant, 'villa.ifc');
  await step.precheck(applicant);
  await step.give(applicant, 'submit');
  await applicant.context().close();
  const intake = await signedIn('intake');
  cases.officer = `/officer/${cases.applicant.split('/').pop()}`;
  await intake.goto(cases.officer);
  await step.give(intake, 'accept');
  await step.officialRun(intake);
  await intake.context().close();
});

for (const lang of ['vi', 'en']) {
  for (const [device, viewport] of Object.entries({ desktop: small, phone })) {
    for (const [account, list] of Object.entries(pages)) {
      test(`no barriers for ${account} in ${lang} on a ${device}`, { timeout: 300_000 }, async () => {
        const page = await signedIn(account, { viewport, lang, touch: device === 'phone' });
        const found = [];
        for (const [name, path, ready] of list) {
          const at = typeof path === 'function' ? path() : path;
          await page.goto(at);
          await ready?.(page);
          await shot(page, `axe-${name}-${lang}-${device}`, true);
          found.push(...(await violations(page)).map((v) => `${at}: ${v}`));
          if (await page.isVisible('.menu-button')) {
            await page.click('.menu-button');
            found.push(...(await violations(page)).map((v) => `${at} with the menu: ${v}`));
          }
        }
        assert.deepEqual(found, []);
        await page.context().close();
      });
    }
  }
}
