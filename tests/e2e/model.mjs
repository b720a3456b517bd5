// The whole model on the case's map: it is opened, an element is picked and says what it is, a storey and a section
// are hidden, and it is put away again.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { checkPage, launch, mapReady, phone, reader, shot } from './browser.mjs';
import { startServer } from './server.mjs';
import * as step from './steps.mjs';

const house = JSON.parse(readFileSync(step.model('expected.json'), 'utf8')).models['tube_house_too_high.ifc'];

let server;
let browser;
before(async () => {
  server = await startServer();
  browser = await launch();
});
after(async () => {
  await browser?.close();
  await server?.stop();
});

/** Opens the viewer and waits until the map has come to rest on it. */
async function open(page) {
  await mapReady(page);
  await page.locator('#casemap').scrollIntoViewIfNeeded();
  await page.locator('.casemap__tools button', { hasText: 'Mô hình BIM' }).click();
  await page.waitForSelector('.viewer .viewer__row');
  await page.waitForTimeout(2500);
}

/** Clicks about the middle of the map until an element answers; the class and the heading of its sheet. */
async function pick(page) {
  const canvas = page.locator('#casemap-canvas canvas');
  const { width, height } = await canvas.boundingBox();
  for (const [x, y] of [[0.5, 0.5], [0.5, 0.45], [0.48, 0.4], [0.5, 0.35], [0.45, 0.5], [0.42, 0.42], [0.5, 0.3]]) {
    await canvas.click({ position: { x: width * x, y: height * y } });
    const found = await page.waitForSelector('.viewer__sheet dl', { timeout: 3000 }).catch(() => null);
    if (found) break;
  }
  const sheet = page.locator('.viewer__sheet');
  return { name: await sheet.locator('h3').innerText(), class: await sheet.locator('dl').first().locator('dd').first().innerText() };
}

test('a model is seen on the map and its elements say what they are', { timeout: 300_000 }, async () => {
  const applicant = await reader(browser, server.url);
  await step.signIn(applicant, 'applicant');
  const at = await step.apply(applicant, house.parcel, { title: 'Xem mô hình' });
  await step.fillForm(applicant, house.form);
  await step.uploadModel(applicant, 'tube_house_too_high.ifc');
  await step.precheck(applicant);
  await open(applicant);
  await shot(applicant, '60-model');
  const found = await pick(applicant);
  assert.match(found.class, /^Ifc[A-Z]/);
  assert.ok(found.name.length > 0);
  assert.ok((await applicant.locator('.viewer__sheet details').count()) > 0, 'an element has property sets');
  await shot(applicant, '61-model-element');
  await checkPage(applicant);

  const storeys = applicant.locator('.viewer__row input[type=range]').first();
  await storeys.fill('1');
  await applicant.locator('.viewer__row select').first().selectOption('0');
  await applicant.waitForTimeout(1000);
  await shot(applicant, '62-model-cut');
  await checkPage(applicant);

  // Put away and shown again: what the graphics memory held is sent anew.
  const button = applicant.locator('.casemap__tools button', { hasText: 'Mô hình BIM' });
  await button.click();
  await applicant.locator('.viewer').waitFor({ state: 'hidden' });
  await button.click();
  await applicant.waitForTimeout(1500);
  assert.match((await pick(applicant)).class, /^Ifc[A-Z]/);
  assert.deepEqual(applicant.faults, []);

  const small = await reader(browser, server.url, { viewport: phone, touch: true });
  await step.signIn(small, 'applicant');
  await small.goto(at);
  await open(small);
  await shot(small, '63-phone-model');
  await checkPage(small);
});
