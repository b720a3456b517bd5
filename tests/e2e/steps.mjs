// What applicants and officers do, by the pages' own words and controls.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { root } from './server.mjs';

const password = 'dothi-sample';

export const model = (name) => join(root, 'ifc-samples', name);

export async function signIn(page, name) {
  await page.goto('/sign-in');
  await page.fill('#name', name);
  await page.fill('#password', password);
  await Promise.all([page.waitForURL((u) => u.pathname !== '/sign-in'), page.click('main button[type=submit]')]);
}

/** Makes a draft on a parcel; returns the address of its page. */
export async function apply(page, parcel, { title, kind = 'new_house' }) {
  await page.goto(`/apply?parcel=${parcel}`);
  await page.selectOption('#kind', kind);
  await page.fill('#title', title);
  const made = page.waitForURL(/\/applications\/[0-9a-f-]{36}/);
  // A refusal stays on the page: what it says is a better failure than a time limit.
  const refused = page.waitForSelector('.error-summary').then(async (e) => assert.fail(await e.innerText()));
  for (const end of [made, refused]) end.catch(() => {});
  await page.click('main form button[type=submit]');
  await Promise.race([made, refused]);
  return new URL(page.url()).pathname;
}

/** Numbers are typed as the page's language writes them. */
const typed = (value) => (typeof value === 'number' ? String(value).replace('.', ',') : String(value));

/** Fills form 01 and saves it. */
export async function fillForm(page, form) {
  const flat = Object.entries(form).flatMap(([k, v]) => (v && typeof v === 'object' ? Object.entries(v).map(([i, x]) => [`${k}.${i}`, x]) : [[k, v]]));
  for (const [name, value] of flat.filter(([, v]) => v !== null && v !== undefined)) {
    const field = page.locator(`[name="form.${name}"]`);
    if ((await field.evaluate((f) => f.tagName)) === 'SELECT') await field.selectOption(String(value));
    else await field.fill(typed(value));
  }
  await Promise.all([page.waitForEvent('load'), page.click('#form form button[type=submit]')]);
}

/** Uploads a model and waits until it was read. */
export async function uploadModel(page, name) {
  await page.setInputFiles('#model input[type=file]', model(name));
  await Promise.all([page.waitForEvent('load', { timeout: 120_000 }), page.click('#model button[type=submit]')]);
}

/** Runs the pre-check and waits for its verdicts. */
export async function precheck(page) {
  await Promise.all([page.waitForEvent('load', { timeout: 120_000 }), page.click('button[data-run]')]);
  await page.waitForSelector('#checks .verdict');
}

/** The verdict of a rule, as it stands on the page. */
export async function verdict(page, rule) {
  const row = page.locator('.verdict', { has: page.locator('.verdict__rule', { hasText: new RegExp(`^${rule}$`) }) }).first();
  await row.waitFor({ state: 'attached' });
  return { outcome: (await row.getAttribute('class')).match(/verdict--(\w+)/)[1], text: (await row.textContent()).replace(/\u00a0/g, ' ') };
}

/** Gives an event by its form. `fill` fills the form's fields first. */
export async function give(page, event, fill = async () => {}) {
  const form = page.locator(`form[data-event=${event}]`);
  const folded = page.locator('details', { has: form });
  if (await folded.count()) await folded.first().evaluate((d) => (d.open = true));
  await fill(form);
  page.once('dialog', (d) => d.accept());
  await Promise.all([page.waitForEvent('load', { timeout: 60_000 }), form.locator('button[type=submit]').click()]);
}

/** The state that the page shows. */
export const state = (page) => page.locator('[data-state]').first().getAttribute('data-state');

/** Waits until the official run of the case is shown. */
export async function officialRun(page) {
  // The page reads itself anew when the run is over; to reload it from here too would cut that off.
  const shown = () => !document.querySelector('[data-await-run]') && document.querySelector('#checks .verdict') !== null;
  await page.waitForFunction(shown, null, { timeout: 60_000 });
}

/** Records one finding for every row that waits for one. */
export async function findAll(page, finding, reason) {
  const bulk = page.locator('#bulk-findings');
  await bulk.evaluate((d) => (d.open = true));
  await bulk.locator('[data-check-all]').click();
  await bulk.locator(`#bulk-${finding}`).check();
  await bulk.locator('#bulk-reason').fill(reason);
  await Promise.all([page.waitForEvent('load', { timeout: 120_000 }), bulk.locator('button[type=submit]').click()]);
}
