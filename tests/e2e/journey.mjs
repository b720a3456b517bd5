// From the applicant's sign-in to the issued permit on the map: a model that breaks a rule is seen to fail, is filed,
// gets a supplement request, is replaced by a good one and is issued; a second one is refused with its clause.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { checkPage, launch, mapReady, phone, reader, shot } from './browser.mjs';
import { startServer } from './server.mjs';
import * as step from './steps.mjs';

const expected = JSON.parse(readFileSync(step.model('expected.json'), 'utf8')).models;
const house = expected['tube_house.ifc'];
const tooHigh = expected['tube_house_too_high.ifc'];
const villa = expected['villa_over_building_line.ifc'];

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

const signedIn = async (name, options) => {
  const page = await reader(browser, server.url, options);
  await step.signIn(page, name);
  return page;
};

/** Accepts a filed case as intake, waits for the official run, and shows the case to the reviewer. */
async function accept(id) {
  const intake = await signedIn('intake');
  await intake.goto('/officer');
  await shot(intake, '20-queue-intake');
  await intake.goto(`/officer/${id}`);
  await step.give(intake, 'accept');
  await intake.context().close();
  const reviewer = await signedIn('reviewer');
  await reviewer.goto(`/officer/${id}`);
  await step.officialRun(reviewer);
  return reviewer;
}

test('a house is applied for, supplemented, issued and found on the map', { timeout: 600_000 }, async () => {
  const applicant = await signedIn('applicant');

  // Start from the parcel on the map.
  await applicant.goto(`/?parcel=${house.parcel}`);
  await mapReady(applicant);
  await applicant.waitForSelector('#identify a.button[href*="/apply"]');
  await shot(applicant, '01-parcel-on-the-map');
  await applicant.click('#identify a.button[href*="/apply"]');
  await applicant.waitForSelector('#kind');
  await shot(applicant, '02-apply');
  const at = await step.apply(applicant, house.parcel, { title: 'Nhà ở 4 tầng và tum, thửa 87' });
  const id = at.split('/').pop();
  assert.equal(await step.state(applicant), 'DRAFT');
  await shot(applicant, '03-draft', true);

  // The good model passes.
  await step.fillForm(applicant, house.form);
  await step.uploadModel(applicant, 'tube_house.ifc');
  await step.precheck(applicant);
  for (const rule of Object.keys(house.rules)) {
    const found = await step.verdict(applicant, rule);
    assert.equal(found.outcome, house.rules[rule].verdict, `${rule}: ${found.text}`);
  }
  await shot(applicant, '04-precheck-passes', true);
  await checkPage(applicant);

  // Its twin fails in one rule, with measured value and limit; it is filed all the same.
  await step.fillForm(applicant, tooHigh.form);
  await step.uploadModel(applicant, 'tube_house_too_high.ifc');
  await step.precheck(applicant);
  const height = await step.verdict(applicant, 'P09');
  assert.equal(height.outcome, 'FAIL');
  assert.match(height.text, /18,60 m/);
  assert.match(height.text, /18,00 m/);
  assert.match(height.text, /1\.4\.25/);
  await shot(applicant, '05-precheck-fails', true);
  await step.give(applicant, 'submit');
  assert.equal(await step.state(applicant), 'SUBMITTED');

  // Accepted; the official check says the same; a supplement is requested.
  const reviewer = await accept(id);
  assert.equal((await step.verdict(reviewer, 'P09')).outcome, 'FAIL');
  await mapReady(reviewer);
  await shot(reviewer, '21-review', true);
  await checkPage(reviewer);
  await step.give(reviewer, 'request_supplement', (form) => form.locator('[name=note]').fill('Chiều cao công trình vượt chỉ tiêu của lô LK-01. Đề nghị hạ chiều cao và nộp lại mô hình.'));
  assert.equal(await step.state(reviewer), 'SUPPLEMENT_REQUESTED');

  // The applicant reads why, replaces the model and files the supplement.
  await applicant.goto(at);
  assert.match(await applicant.locator('main').innerText(), /LK-01/);
  await shot(applicant, '06-supplement-requested', true);
  await step.fillForm(applicant, house.form);
  await step.uploadModel(applicant, 'tube_house.ifc');
  await step.give(applicant, 'supplement');

  // Judged, proposed, approved.
  await reviewer.goto(`/officer/${id}`);
  await step.officialRun(reviewer);
  assert.equal((await step.verdict(reviewer, 'P09')).outcome, 'PASS');
  await step.findAll(reviewer, 'accepted', 'Đã xem trên hồ sơ và thực địa.');
  await step.give(reviewer, 'propose');
  assert.equal(await step.state(reviewer), 'DECISION');
  const approver = await signedIn('approver');
  await approver.goto('/officer');
  await shot(approver, '22-queue-approver');
  await approver.goto(`/officer/${id}`);
  await step.give(approver, 'approve');
  if ((await step.state(approver)) === 'FEE_DUE') await step.give(approver, 'issue');
  assert.equal(await step.state(approver), 'ISSUED');
  await shot(approver, '23-issued', true);

  // The applicant sees the result and the whole history; anybody finds the permit.
  await applicant.goto(at);
  assert.equal(await step.state(applicant), 'ISSUED');
  await shot(applicant, '07-issued', true);
  const href = await applicant.locator('a[href^="/permits/"]').first().getAttribute('href');
  const anybody = await reader(browser, server.url);
  await anybody.goto(href);
  await mapReady(anybody);
  await shot(anybody, '08-register');
  await checkPage(anybody);
  assert.doesNotMatch(await anybody.locator('main').innerText(), new RegExp(house.form.investor.name));
  await anybody.click('a[href^="/?item=permit/"]');
  await mapReady(anybody);
  await anybody.waitForSelector('#identify-body a[href^="/permits/"]');
  await anybody.waitForTimeout(1500);
  await shot(anybody, '09-permit-on-the-map');

  const small = await signedIn('applicant', { viewport: phone, touch: true });
  await small.goto(at);
  await shot(small, '10-phone-issued');
  await checkPage(small);
});

test('a villa beyond the building line is refused with its clause', { timeout: 300_000 }, async () => {
  const applicant = await signedIn('applicant', { viewport: phone, touch: true });
  const at = await step.apply(applicant, villa.parcel, { title: 'Biệt thự thửa 24' });
  const id = at.split('/').pop();
  await step.fillForm(applicant, villa.form);
  await step.uploadModel(applicant, 'villa_over_building_line.ifc');
  await step.precheck(applicant);
  assert.equal((await step.verdict(applicant, 'P05')).outcome, 'FAIL');
  await applicant.locator('#checks').scrollIntoViewIfNeeded();
  await shot(applicant, '30-phone-precheck');
  await checkPage(applicant);
  await step.give(applicant, 'submit');

  const reviewer = await accept(id);
  await step.findAll(reviewer, 'accepted', 'Đã xem trên hồ sơ.');
  const row = reviewer.locator('.verdict', { has: reviewer.locator('.verdict__rule', { hasText: /^P05$/ }) }).first();
  await row.locator('details summary', { hasText: 'Sửa' }).first().click();
  await row.locator('[name=finding][value=not_accepted]').check();
  await row.locator('[name=reason]').fill('Tường chính vượt chỉ giới xây dựng.');
  await Promise.all([reviewer.waitForEvent('load'), row.locator('form button[type=submit]').click()]);
  await step.give(reviewer, 'propose');

  const approver = await signedIn('approver');
  await approver.goto(`/officer/${id}`);
  await step.give(approver, 'refuse', async (form) => {
    await form.locator('[data-ground-rule=P05]').check();
    await shot(approver, '31-refuse', true);
  });
  assert.equal(await step.state(approver), 'REFUSED');

  await applicant.goto(at);
  assert.equal(await step.state(applicant), 'REFUSED');
  assert.match(await applicant.locator('main').innerText(), /2\.6\.2/);
  await shot(applicant, '32-phone-refused');
});

test('a draft is taken back by withdrawing it', { timeout: 120_000 }, async () => {
  const applicant = await signedIn('applicant2');
  await step.apply(applicant, house.parcel, { title: 'Rút thử' });
  await step.give(applicant, 'withdraw');
  assert.equal(await step.state(applicant), 'WITHDRAWN');
});
