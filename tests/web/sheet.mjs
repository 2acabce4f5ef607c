// Contact sheets of what shots.mjs made: node tests/web/sheet.mjs SHOTS OUT.jpg PATTERN draws the pictures whose names match
// onto one, each with its name.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { chromium } from "../e2e/node_modules/playwright-core/index.mjs";

const [shots, out, pattern] = process.argv.slice(2);
const names = readdirSync(shots).filter((name) => new RegExp(pattern).test(name)).sort();
const cell = (name) => `<figure><img src="data:image/png;base64,${readFileSync(join(shots, name)).toString("base64")}">` +
    `<figcaption>${name.replace(/-vi-320\.png$/, "")}</figcaption></figure>`;
const sheet = `<style>body{margin:12px;display:flex;flex-wrap:wrap;gap:12px;align-items:flex-start;background:#ddd;font:11px sans-serif}
figure{margin:0;width:180px}img{width:180px;max-height:420px;object-fit:cover;object-position:top;box-shadow:0 1px 4px #888}</style>${names.map(cell).join("")}`;
const browser = await chromium.launch({ executablePath: "/usr/bin/chromium", args: ["--headless=new", "--no-sandbox", "--disable-gpu"] });
const page = await browser.newPage({ viewport: { width: 1180, height: 800 } });
await page.setContent(sheet);
await page.screenshot({ path: out, fullPage: true, type: "jpeg", quality: 55 });
await browser.close();
console.log(`${out}: ${names.length} pages`);
