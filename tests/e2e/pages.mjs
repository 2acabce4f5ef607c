// Every page that a signed-in person, a stranger and an operator can open, on a 320 px phone and in both languages: it
// has a heading, is not wider than its screen, asks nothing of other origins and refuses nothing by its own policy.
import { join } from 'node:path';
import { equal, ok } from './tap.mjs';

const PATHS = ['/', '/me', '/me/password', '/wallet', '/verify', '/console', `/Q/${'A'.repeat(26)}/1/${'A'.repeat(16)}`, '/nowhere'];

async function look(page, url, name, shots) {
  const complaints = [];
  const foreign = [];
  const heard = (m) => { if (/Content Security|Trusted ?Type/i.test(m.text())) complaints.push(m.text()); };
  const asked = (rq) => { if (new URL(rq.url()).origin !== new URL(url).origin) foreign.push(rq.url()); };
  page.on('console', heard);
  page.on('request', asked);
  await page.goto(url);
  const seen = await page.evaluate(() => ({ over: document.documentElement.scrollWidth - innerWidth, lang: document.documentElement.lang,
    heading: [...document.querySelectorAll('h1')].some((h) => h.textContent.trim()), small: [...document.querySelectorAll('button, .button')]
      .filter((b) => b.offsetParent && b.offsetHeight < 44).map((b) => b.textContent.trim()) }));
  page.off('console', heard);
  page.off('request', asked);
  if (shots) await page.screenshot({ path: join(shots, `${name}.png`), fullPage: true });
  ok(seen.heading && seen.over <= 0, `${name}: a heading, no wider than its screen`, JSON.stringify(seen));
  equal([...seen.small, ...complaints, ...foreign].join('; '), '', `${name}: large targets, nothing refused, nothing from elsewhere`);
  return seen.lang;
}

export async function lookAtPages(nixa, profile, shots) {
  const page = await profile.context.newPage();
  await page.setViewportSize({ width: 320, height: 640 });
  for (const lang of ['vi', 'en']) {
    await page.goto(`${nixa.issuer}/?lang=${lang}`);
    for (const path of PATHS) {
      const name = `page-${path.split('/').filter(Boolean).slice(0, 2).join('-') || 'root'}-${lang}`;
      equal(await look(page, nixa.issuer + path, name, shots), lang, `${name}: in the language that was chosen`);
    }
  }
  await page.goto(`${nixa.issuer}/?lang=vi`);
  await page.close();
}

// Rule 11: on the wallet no text can become markup, whoever wrote it.
export async function trustedTypes(profile, url) {
  const page = await profile.context.newPage();
  await page.goto(url);
  const refused = await page.evaluate(() => {
    try {
      document.createElement('div').innerHTML = '<b>x</b>';
      return false;
    } catch (e) {
      return e instanceof TypeError;
    }
  });
  await page.close();
  return refused;
}
