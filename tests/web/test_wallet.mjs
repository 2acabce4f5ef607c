// The wallet and the verifier in a real browser against a small server of the protocol: enrolment, the three codes,
// signing in, refusals, offline, revocation. The whole scene with the real server is in tests/e2e.
import "./platform.mjs";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium } from "../e2e/node_modules/playwright-core/index.mjs";
import { equal, finish, ok, scenario } from "../e2e/tap.mjs";
import { writeBlankCamera, writeCamera } from "../e2e/camera.mjs";
import { symbol } from "./samples.mjs";
import { WalletServer } from "./wallet_server.mjs";
import { readIdentity } from "../../idp/web/static/qr/identity.js";

const server = await WalletServer.open();
const launch = (...more) => chromium.launch({ executablePath: "/usr/bin/chromium",
    args: ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", ...more] });
const browser = await launch();
const context = await browser.newContext({ viewport: { width: 320, height: 640 }, locale: "vi-VN" });
context.setDefaultTimeout(8000);
const page = await context.newPage();
const complaints = [];
page.on("console", (m) => { if (m.type() === "error" && !/status of (4|5)|ERR_/.test(m.text())) complaints.push(m.text()); });
page.on("pageerror", (e) => complaints.push(e.stack));
const shots = process.env.NIXA_SHOTS;
const shot = async (name, p = page) => { if (shots) await p.screenshot({ path: `${shots}/wallet-${name}.png`, fullPage: true }); };
const on = (name) => page.locator(`[data-screen=${name}]`);
const shown = (name) => on(name).waitFor({ state: "visible" });
const says = (name, slot = "problem") => on(name).locator(`[data-slot=${slot}]`).first().textContent();
const paste = async (link) => {
    await page.locator("[data-do=add]:visible, [data-do=scan]:visible").first().click();
    await page.fill("#link", link);
    await page.locator("[data-form=paste] button").click();
};
const open = async (path = "/wallet") => page.goto(server.issuer + path);
const codeOf = (p = page) => p.locator("[data-screen=home] svg[data-qr]").getAttribute("data-qr");

await scenario("enrolment", async () => {
    await open();
    await shown("welcome");
    await shot("welcome");
    const { link, enrolment } = server.enrolLink();
    await paste("https://example.org/");
    ok((await says("scan")).length > 10, "a foreign code is refused in words");
    await page.fill("#link", `HTTPS://OTHER.EXAMPLE/Q/E/${"A".repeat(26)}`);
    await page.locator("[data-form=paste] button").click();
    ok(/máy chủ khác/.test(await says("scan")), "another server's code is refused");
    equal(server.said.length, 0, "nothing was sent for either");
    await shot("scan");
    await page.fill("#link", link);
    await page.locator("[data-form=paste] button").click();
    await shown("enrol");
    equal(await says("enrol", "name"), "Nguyễn Văn An", "the name is shown");
    await shot("enrol");
    const pins = async (a, b) => {
        await page.fill("#new-pin", a);
        await page.fill("#new-pin-2", b);
        await on("enrol").locator("button[type=submit]").click();
    };
    await pins("602914", "602915");
    await on("enrol").locator(".note.bad:visible").waitFor();
    await pins("123456", "123456");
    await page.waitForFunction(() => /dễ đoán/.test(document.querySelector("[data-screen=enrol] .note").textContent));
    ok(true, "different and weak PINs can be tried again");
    await pins("602914", "602914");
    await shown("digits");
    equal(await says("digits", "digits"), "0472", "the four digits are shown");
    await shot("digits");
    enrolment.state = "done";
    await shown("home");
});

const keys = server.jwks();
const read = async (code) => readIdentity(code, keys, server.now());
await scenario("handle, card, live", async () => {
    await page.waitForFunction(() => document.querySelector("[data-screen=home] svg[data-qr]").dataset.qr);
    const first = await codeOf();
    equal((await read(first)).live, true, "the live code is signed by the phone");
    await shot("home");
    await page.locator("label[for=tier-handle]").click();
    await page.waitForFunction((old) => document.querySelector("svg[data-qr]").dataset.qr !== old, first);
    equal((await read(await codeOf())).typ, "nx-h", "the handle");
    await page.locator("label[for=tier-card]").click();
    await page.waitForFunction(() => /Thẻ|in trên thẻ/.test(document.querySelector("[data-slot=tier-text]").textContent));
    equal((await read(await codeOf())).subject.get(4), "Nguyễn Văn An", "the card");
    await page.locator("label[for=tier-live]").click();
    const key = await page.evaluate(async () => {
        const db = await new Promise((r) => { const q = indexedDB.open("nixa-wallet"); q.onsuccess = () => r(q.result); });
        const kept = await new Promise((r) => { const q = db.transaction("wallet").objectStore("wallet").get("identity"); q.onsuccess = () => r(q.result); });
        db.close();
        return [kept.keyPair.privateKey.extractable, JSON.stringify(kept).includes("602914")];
    });
    equal(key.join(), "false,false", "rule 2: the key cannot be extracted, the PIN is not kept");
});

await scenario("approving", async () => {
    const { link, order } = server.orderLink();
    await paste(link);
    await shown("ask");
    equal(await page.evaluate(() => document.activeElement.dataset.do), "decline", "Decline has the focus");
    equal(await says("ask", "client"), "Cổng dịch vụ công", "who asks");
    equal(await says("ask", "origin"), "https://dichvucong.localhost:8443", "the exact origin");
    equal(await on("ask").locator("[data-list=claims] li").count(), 3, "the claims, unknown ones by their name");
    equal(await page.isChecked("#own"), false, "rule 7: not my device, unless said");
    await shot("ask");
    await page.fill("#pin", "000000");
    await on("ask").locator("button[type=submit]").click();
    await page.waitForFunction(() => /4/.test(document.querySelector("[data-screen=ask] .note.bad").textContent));
    await page.fill("#pin", "602914");
    await on("ask").locator("button[type=submit]").click();
    await shown("digits");
    equal(await says("digits", "digits"), "0731", "the digits");
    equal(order.own, false, "own_screen is false");
    order.state = "done";
    await shown("result");
    await on("result").locator("[data-do=home]").click();
    await shown("home");
});

await scenario("declining, and what ends by itself", async () => {
    const one = server.orderLink();
    await paste(one.link);
    await shown("ask");
    await page.keyboard.press("Enter");
    await shown("result");
    equal(one.order.reason, "declined", "Enter declines");
    await on("result").locator("[data-do=home]").click();
    const two = server.orderLink();
    await paste(two.link);
    await shown("ask");
    await on("ask").locator("[data-do=not-me]").click();
    await shown("result");
    equal(two.order.reason, "not-me", "reported");
    await on("result").locator("[data-do=home]").click();
    const three = server.orderLink();
    await paste(three.link);
    await shown("ask");
    Object.assign(three.order, { state: "ended", reason: "second-scan" });
    await shown("result");
    ok(/điện thoại khác/.test(await says("result", "text")), "a second phone's scan is told");
    await on("result").locator("[data-do=home]").click();
});

await scenario("a slow line", async () => {
    let answer;
    server.held = new Promise((resolve) => { answer = resolve; });
    setTimeout(answer, 3000);
    const { link } = server.orderLink();
    await paste(link);
    await shown("ask");
    await on("ask").locator("[data-do=decline]").click();
    await shown("result");
    await on("result").locator("[data-do=home]").click();
    await shown("home");
    await on("home").locator("[data-do=scan]").click();
    await on("scan").waitFor({ state: "visible", timeout: 1000 });
    ok(true, "a code can be scanned while the server is still being asked");
    answer();
    await on("scan").locator("[data-do=home]").click();
    await shown("home");
});

await scenario("contexts that are not right are never shown", async () => {
    const cases = { "signed by another key": { signer: "card" }, "for another phone": { forged: { qid: "a".repeat(26) } },
        "of another order": { forged: { order: "B".repeat(26) } }, "of another issuer": { forged: { iss: "https://other.example" } },
        "over": { forged: { exp: 1 } }, "of another way": { forged: { via: "same" } } };
    for (const [name, wrong] of Object.entries(cases)) {
        const { link, order } = server.orderLink();
        Object.assign(order, wrong);
        await paste(link);
        await shown("home");
        await page.waitForFunction(() => /Không tin được/.test(document.querySelector("[data-screen=home] > .note.bad").textContent));
        ok(!await on("ask").isVisible(), name);
    }
});

await scenario("same device", async () => {
    const { link, order } = server.orderLink("same");
    await page.evaluate((l) => { location.hash = `#launch=${encodeURIComponent(l)}`; }, link);
    await shown("ask");
    equal(page.url(), `${server.issuer}/wallet`, "the link leaves the address bar");
    ok(!await on("ask").locator("[data-slot=own-row]").isVisible(), "no question about the screen");
    await page.fill("#pin", "602914");
    await on("ask").locator("button[type=submit]").click();
    await page.waitForURL("**/signed-in");
    equal(order.state, "approved", "approved, and back in the same browser");
});

await scenario("a clock that is off", async () => {
    server.skew = 4000;
    await open();
    await shown("home");
    const asked = server.said.length;
    await page.waitForFunction(() => document.querySelector("[data-screen=home] svg[data-qr]").dataset.qr);
    await page.waitForTimeout(500);
    equal((await read(await codeOf())).live, true, "live codes follow the server's clock");
    ok(server.said.length >= asked, "asked again");
    server.skew = 0;
    await open();
    await page.waitForTimeout(600);
});

await scenario("sessions and notices", async () => {
    server.sessions = [{ id: "s1", client: "Cổng dịch vụ công", origin: "https://dichvucong.localhost:8443", since: server.now(), last_seen: server.now(), screen: "Firefox", own_screen: false }];
    server.notices = [{ id: "n1", kind: "enrolment", at: server.now(), text: "Máy lạ", undo: true }];
    await open();
    await page.locator("[data-list=sessions] button").waitFor();
    await shot("affairs");
    await page.locator("[data-list=sessions] button").click();
    await page.locator("[data-list=sessions] li").waitFor({ state: "detached" });
    await page.locator("[data-list=notices] button").click();
    await page.locator("[data-list=notices] li").waitFor({ state: "detached" });
    equal(server.sessions.length + server.notices.length, 0, "ended and undone");
    await page.locator("details summary").click();
    await page.fill("#old-pin", "602914");
    await page.fill("#next-pin", "915267");
    await on("home").locator("[data-form=pin] button").click();
    await shown("result");
    equal(server.identity.pin, "915267", "the PIN is changed");
});

const verifier = await context.newPage();
const verdict = async (code) => {
    await verifier.fill("#code", code);
    await verifier.locator("[data-form=check] button").click();
    await verifier.locator("[data-slot=verdict]").waitFor({ state: "visible" });
    return `${await verifier.locator("[data-slot=verdict]").getAttribute("data-verdict")}: ${await verifier.locator("[data-slot=why]").textContent()}`;
};
await scenario("the verifier", async () => {
    verifier.on("pageerror", (e) => complaints.push(e.stack));
    await verifier.goto(`${server.issuer}/verify`);
    await verifier.locator("main[data-ready]").waitFor();
    ok(/^good: Bản in/.test(await verdict(server.code("nx-h"))), "a handle");
    const card = server.code("nx-c", [[169, new Map([[4, "Nguyễn Văn An"], [8, "19840418"]])]]);
    ok(/^good/.test(await verdict(card)), "a card");
    ok(/Nguyễn Văn An/.test(await verifier.locator("[data-list=claims]").textContent()), "whose");
    await shot("verify", verifier);
    await open();
    await shown("home");
    await page.waitForFunction(() => document.querySelector("[data-screen=home] svg[data-qr]").dataset.qr);
    ok(/^good: Người giữ điện thoại/.test(await verdict(await codeOf())), "a live code");
    ok(/^bad/.test(await verdict(`${card.slice(0, -4)}AAAA`)), "an altered one");
});

await scenario("offline", async () => {
    await page.evaluate(() => navigator.serviceWorker.ready);
    await verifier.evaluate(() => navigator.serviceWorker.ready);
    await page.waitForTimeout(300);
    server.down = true;
    await page.reload();
    await shown("home");
    await page.waitForFunction(() => document.querySelector("[data-screen=home] svg[data-qr]").dataset.qr);
    await page.locator("[data-slot=offline]").waitFor({ state: "visible" });
    equal((await read(await codeOf())).live, true, "the wallet shows a fresh live code");
    await verifier.reload();
    await verifier.locator("main[data-ready]").waitFor();
    ok(/^good/.test(await verdict(await codeOf())), "the verifier reads it by its bundle");
    server.down = false;
});

await scenario("suspended, revoked", async () => {
    server.identity.state = "suspended";
    const code = await codeOf();
    await open();
    await on("home").locator("[data-slot=state]").waitFor({ state: "visible" });
    ok(!await on("home").locator("[data-slot=code]").isVisible(), "suspended: no code is shown");
    const word = await verdict(code);
    ok(/^bad: .*(tạm ngừng|suspended)/.test(word), "the verifier, online, says so", word);
    server.identity.state = "revoked";
    await open();
    await shown("dead");
    await shot("dead");
    const left = await page.evaluate(() => new Promise((r) => {
        const q = indexedDB.open("nixa-wallet");
        q.onsuccess = () => { const g = q.result.transaction("wallet").objectStore("wallet").getAllKeys(); g.onsuccess = () => { q.result.close(); r(g.result.length); }; };
    }));
    equal(left, 0, "revoked: key, handle and card are gone");
    await on("dead").locator("[data-do=forget]").click();
    await shown("welcome");
});

await scenario("by the camera", async () => {
    const folder = mkdtempSync(join(tmpdir(), "nixa-wallet-")), camera = join(folder, "camera.y4m");
    writeBlankCamera(camera);
    const seeing = await launch("--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream", `--use-file-for-fake-video-capture=${camera}`);
    const other = await seeing.newPage(), wallet = await seeing.newPage(), seen = (name) => wallet.locator(`[data-screen=${name}]`).waitFor();
    // What another screen shows, as the phone's camera sees it.
    const showCode = async (text) => {
        const { qr_size, qr_path } = symbol(text);
        await other.setContent(`<svg viewBox="0 0 ${qr_size} ${qr_size}" width="300"><rect width="100%" height="100%" fill="#fff"/><path d="${qr_path}"/></svg>`);
        writeCamera(camera, await other.locator("svg").screenshot());
    };
    await wallet.goto(`${server.issuer}/wallet`);
    await showCode("HTTPS://EXAMPLE.ORG/Q/E/ABC");
    await wallet.locator("[data-do=add]").click();
    await wallet.locator("[data-screen=scan] .note.bad:visible").waitFor();
    await wallet.locator("[data-screen=scan] [data-do=home]").click();
    await seen("welcome");
    const { link, enrolment } = server.enrolLink();
    await showCode(link);
    await wallet.locator("[data-do=add]").click();
    await seen("enrol");
    equal(enrolment.state, "started", "the code on the other screen is read");
    ok(await wallet.evaluate(() => document.querySelector("video").srcObject === null), "the camera is off again");
    await seeing.close();
    rmSync(folder, { recursive: true });
});

equal(server.said.filter(([, cookie]) => cookie).length, 0, "rule 11: no call carried a cookie");
equal(complaints.join("\n"), "", "no error and no refusal by the policy");
await browser.close();
server.close();
finish();
