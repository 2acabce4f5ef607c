// Looks at every page: node tests/web/shots.mjs FOLDER [NAME…] renders the samples at 320 px and on a desktop, in both
// languages, light and dark, under the policy that the server sends, and reports what is wider than its screen or was refused.
import { mkdirSync } from "node:fs";
import { pages } from "./samples.mjs";
import { launch, serveSamples } from "./sample_server.mjs";

const [folder, ...only] = process.argv.slice(2);
const server = await serveSamples();
const browser = await launch();
mkdirSync(folder, { recursive: true });
const looks = [["vi", 320, "light"], ["vi", 1280, "light"], ["en", 320, "dark"], ["en", 1280, "dark"]];
for (const [lang, width, colorScheme] of looks) {
    const context = await browser.newContext({ viewport: { width, height: width === 320 ? 640 : 800 }, colorScheme });
    for (const [i, [name, , state]] of pages.entries()) {
        if (only.length && !only.includes(name)) continue;
        const page = await context.newPage(), label = [name, state, lang, width].filter(Boolean).join("-");
        page.on("console", (m) => { if (/Content Security|Trusted/.test(m.text())) console.log(`${label}: ${m.text()}`); });
        page.on("pageerror", (e) => console.log(`${label}: ${e.message}`));
        await page.goto(server.url(i, lang));
        const over = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
        if (over > 0) console.log(`${label}: ${over} px too wide`);
        await page.screenshot({ path: `${folder}/${label}.png`, fullPage: true });
        await page.close();
    }
    await context.close();
}
await browser.close();
server.close();
