// The choosing page in Chromium: its script filters what the server would have searched for, and without script the form
// asks the server.
import { createServer } from "node:http";
import { existsSync, readFileSync } from "node:fs";
import { chromium } from "../e2e/node_modules/playwright-core/index.mjs";
import { equal, finish, ok, scenario } from "../e2e/tap.mjs";
import { render } from "./render.mjs";

const names = ["Công an tỉnh Thừa Thiên Huế", "Công an thành phố Hà Nội", "Sở Tư pháp Đồng Nai", "Bưu điện"];
const view = { t: "T", searches: true, password_url: "/login?t=T", ways: [{ url: "/login/qr?t=T", label: "Mã QR", qr: true }], last: [], upstreams: names.map((name, i) => ({ url: `/upstream/u${i}/go`, name, organisation: `G${i}.22` })) };
const asked = [];
const server = createServer((rq, rs) => {
    const url = new URL(rq.url, "http://x");
    if (url.pathname === "/login/ways") {
        asked.push(url.search);
        rs.writeHead(200, { "content-type": "text/html; charset=utf-8", "content-security-policy": "default-src 'none'; style-src 'self'; img-src 'self'; script-src 'self'; form-action 'self'" });
        return rs.end(render("ways", { ...view, q: url.searchParams.get("q") ?? "" }, "vi"));
    }
    const file = new URL(`../../idp/web${url.pathname}`, import.meta.url);
    if (!existsSync(file)) return rs.writeHead(404).end();
    rs.writeHead(200, { "content-type": url.pathname.endsWith(".js") ? "text/javascript" : "text/css" });
    rs.end(readFileSync(file));
});
await new Promise((resolve) => { server.listen(0, "127.0.0.1", resolve); });
const at = `http://127.0.0.1:${server.address().port}/login/ways?t=T`;
const browser = await chromium.launch({ executablePath: "/usr/bin/chromium",
    args: ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"] });

await scenario("it filters while she types, with or without the marks of letters", async () => {
    const page = await browser.newPage({ viewport: { width: 320, height: 640 } });
    await page.goto(at);
    const shown = async (typed) => {
        await page.fill("#q", typed);
        return page.locator("[data-ways] > li:visible strong").allInnerTexts();
    };
    equal((await shown("cong an")).length, 2, "two by the beginnings of words");
    equal((await shown("Huế")).join(), names[0], "one with its mark");
    equal((await shown("dong nai")).join(), names[2], "đ is d");
    equal((await shown("g3")).join(), names[3], "by the code of the organisation");
    equal((await shown("ong")).length, 0, "not by the middle of a word");
    ok(await page.locator("[data-none]").isVisible(), "and the page says that nothing fits");
    equal((await shown("")).length, names.length, "all of them again");
    equal(await page.evaluate(() => document.documentElement.scrollWidth), 320, "nothing is wider than the phone");
    await page.close();
});

await scenario("without script the form asks the server, and the request stays", async () => {
    const context = await browser.newContext({ javaScriptEnabled: false });
    const page = await context.newPage();
    await page.goto(at);
    await page.fill("#q", "cong an");
    await page.click("form[role=search] button");
    equal(asked.at(-1), "?t=T&q=cong+an", "with the transaction");
    equal(await page.locator("[data-ways] a").first().getAttribute("href"), "/upstream/u0/go", "its ways are links");
    await context.close();
});

await browser.close();
server.close();
finish();
