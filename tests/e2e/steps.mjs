// What people do on the pages, as steps of a scene.
import { writeCamera } from './camera.mjs';

// A click that leads to another page, however many redirects lie between.
export async function go(page, click) {
  await Promise.all([page.waitForNavigation(), click()]);
  await page.waitForLoadState('domcontentloaded');
}

export const submit = (page, selector) => go(page, () => page.locator(selector).first().click());

export const at = (page, path) => new URL(page.url()).pathname.startsWith(path);

export async function signInByPassword(page, person) {
  await page.fill('input[name=username]', person.user_name);
  await page.fill('input[name=password]', person.password);
  await submit(page, 'form:has(input[name=password]) button[type=submit]');
}

export const consenting = (page) => page.locator('button[name=decision][value=allow]').count();

export async function allow(page) {
  await submit(page, 'button[name=decision][value=allow]');
}

export async function claims(page) {
  return Object.fromEntries(await page.locator('[data-claim]').evaluateAll((all) => all.map((e) => [e.dataset.claim, e.textContent.trim()])));
}

// Holds the phone's camera in front of the screen: what the screen shows now becomes the camera's picture, and then the
// camera opens. A live frame counts for five seconds; this takes about one.
export async function scanScreen(phone, screen, button) {
  writeCamera(phone.camera, await screen.locator('svg[data-qr]').screenshot());
  await phone.page.locator(`[data-do=${button}]:visible`).click();
}

export async function typeDigits(page, digits) {
  await page.locator('#digits').waitFor();
  await page.fill('#digits', digits);
  await submit(page, 'form:has(#digits) button[type=submit]');
}

export const shownDigits = async (phone) => (await phone.locator('[data-screen=digits]:visible [data-slot=digits]').textContent()).trim();

// Enrols the phone from the person's page, both held by the same person.
export async function enrolPhone(person, phone, password, pin, label) {
  const { page } = person;
  await page.locator('[data-action=enrol-phone]').click();
  await page.waitForLoadState('domcontentloaded');
  if (await page.locator('input[name=password]').count()) {
    await page.fill('input[name=password]', password);
    await submit(page, 'form:has(input[name=password]) button[type=submit]');
  }
  await page.locator('svg[data-qr]').waitFor();
  await phone.page.locator('[data-screen=welcome]').waitFor();
  await scanScreen(phone, page, 'add');
  await phone.page.locator('[data-screen=enrol]').waitFor();
  await phone.page.fill('#label', label);
  await phone.page.fill('#new-pin', pin);
  await phone.page.fill('#new-pin-2', pin);
  await phone.page.locator('[data-form=enrol] button[type=submit]').click();
  await typeDigits(page, await shownDigits(phone.page));
  await phone.page.locator('[data-screen=home]').waitFor();
}

// Signs in on another screen that shows the code; gives what the phone displayed.
export async function signInByPhone(screen, phone, pin, seen = () => {}) {
  await screen.locator('svg[data-qr]').waitFor();
  const ask = phone.page.locator('[data-screen=ask]');
  const stale = phone.page.locator('[data-screen=home] > .note.bad', { hasText: 'Mã đã cũ' });
  // A machine that is too busy to scan within five seconds does what a person does: scans again.
  for (let i = 0; i < 3 && !await ask.isVisible(); i += 1) {
    await scanScreen(phone, screen, 'scan');
    await ask.or(stale).first().waitFor();
  }
  await ask.waitFor();
  const asked = { client: await ask.locator('[data-slot=client]').textContent(), origin: await ask.locator('[data-slot=origin]').textContent(),
    focus: await phone.page.evaluate(() => document.activeElement.dataset.do), claims: await ask.locator('[data-list=claims] li').count() };
  await seen(asked);
  await phone.page.fill('#pin', pin);
  await ask.locator('button[type=submit]').click();
  await typeDigits(screen, await shownDigits(phone.page));
  if (await consenting(screen)) await allow(screen);
  await phone.page.locator('[data-screen=result]').waitFor();
  await phone.page.locator('[data-screen=result] [data-do=home]').click();
  await phone.page.locator('[data-screen=home]').waitFor();
  return asked;
}
