// Looks at every page: node tests/web/shots.mjs FOLDER [NAME…] renders the samples at 320 px and on a desktop, in both
// languages, light and dark, under the policy that the server sends, and reports what is wider than its screen or was refused.
import { createServer } from "node:http";
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { chromium } from "../e2e/node_modules/playwright-core/index.mjs";
import { pages } from "./samples.mjs";
import { render } from "./render.mjs";

const [folder, ...only] = process.argv.slice(2);
const types = { css: "text/css", js: "text/javascript", svg: "image/svg+xml", png: "image/png", webmanifest: "application/manifest+json" };
const policy = "default-src 'none'; style-src 'self'; img-src 'self'; script-src 'self'; connect-src 'self'; " +
    "manifest-src 'self'; worker-src 'self'; require-trusted-types-for 'script'; trusted-types nixa; form-action 'self'";

const server = createServer((rq, rs) => {
    const url = new URL(rq.url, "http://x"), n = url.searchParams.get("n");
    if (n !== null) {
        const [name, view] = pages[Number(n)];
        rs.writeHead(200, { "content-type": "text/html; charset=utf-8", "content-security-policy": policy });
        return rs.end(render(name, view, url.searchParams.get("lang")));
    }
    const file = new URL(`../../idp/web${url.pathname}`, import.meta.url);
    if (!existsSync(file)) return rs.writeHead(404).end();
    rs.writeHead(200, { "content-type": types[url.pathname.split(".").pop()] ?? "text/plain" });
    rs.end(readFileSync(file));
}).listen(0, "127.0.0.1");

const browser = await chromium.launch({ executablePath: "/usr/bin/chromium",
    args: ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"] });
mkdirSync(folder, { recursive: true });
const looks = [["vi", 320, "light"], ["vi", 1280, "light"], ["en", 320, "dark"], ["en", 1280, "dark"]];
for (const [lang, width, colorScheme] of looks) {
    const context = await browser.newContext({ viewport: { width, height: width === 320 ? 640 : 800 }, colorScheme });
    for (const [i, [name, , state]] of pages.entries()) {
        if (only.length && !only.includes(name)) continue;
        const page = await context.newPage(), label = [name, state, lang, width].filter(Boolean).join("-");
        page.on("console", (m) => { if (/Content Security|Trusted/.test(m.text())) console.log(`${label}: ${m.text()}`); });
        page.on("pageerror", (e) => console.log(`${label}: ${e.message}`));
        await page.goto(`http://127.0.0.1:${server.address().port}/?n=${i}&lang=${lang}`);
        const over = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
        if (over > 0) console.log(`${label}: ${over} px too wide`);
        await page.screenshot({ path: `${folder}/${label}.png`, fullPage: true });
        await page.close();
    }
    await context.close();
}
await browser.close();
server.close();
