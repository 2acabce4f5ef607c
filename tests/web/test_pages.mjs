// Every template renders every sample in both languages, and keeps what pages promise: no inline script or style, the
// forms' names, the two catalogues alike.
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { runInNewContext } from "node:vm";
import { gzipSync } from "node:zlib";
import { equal, finish, ok, scenario } from "../e2e/tap.mjs";
import { catalogue, render, source } from "./render.mjs";
import { pages } from "./samples.mjs";

const root = new URL("../../idp/web/", import.meta.url);
const names = readdirSync(new URL("templates/", root)).filter((f) => f.endsWith(".html")).map((f) => f.slice(0, -5));

await scenario("the catalogues have the same keys", async () => {
    const [vi, en] = [catalogue("vi"), catalogue("en")];
    equal([...vi.keys()].filter((k) => !en.has(k)).join(), "", "nothing is missing in English");
    equal([...en.keys()].filter((k) => !vi.has(k)).join(), "", "nothing is missing in Vietnamese");
    equal([...vi, ...en].filter(([, text]) => !text).join(), "", "no text is empty");
});

await scenario("every page has a sample", async () => {
    const shown = new Set(pages.map(([name]) => name));
    equal(names.filter((n) => !/^(part|icon)_/.test(n) && !shown.has(n)).join(), "", "none is forgotten");
});

for (const lang of ["vi", "en"]) {
    for (const [name, view, state = ""] of pages) {
        await scenario(`${name} ${state} ${lang}`, async () => {
            const html = render(name, view, lang);
            equal(/\son[a-z]+=|\sstyle=|<style|javascript:|<script(?![^>]*\ssrc="\/)/i.exec(html)?.[0], undefined, "nothing inline");
            equal(/(src|href)="(https?:)?\/\/[^"]/.exec(html)?.[0], undefined, "nothing from elsewhere");
            equal((html.match(/<h1/g) ?? []).length >= 1, true, "a heading");
            equal((html.match(/<title>/g) ?? []).length, 1, "one title");
            for (const form of html.match(/<form[^>]*method="post"[\s\S]*?<\/form>/g) ?? []) {
                if (!form.includes("data-local")) ok(form.includes('name="csrf"') || name === "form_post", "forms carry their token", form);
            }
            for (const id of html.match(/<(?:input|select)(?![^>]*type="hidden")[^>]*>/g) ?? []) {
                const own = /\sid="([^"]+)"/.exec(id)?.[1];
                ok(own && html.includes(`for="${own}"`), "inputs have labels", id);
            }
        });
    }
}

await scenario("the sign-in page", async () => {
    const html = render("login", pages.find(([n]) => n === "login")[1], "vi");
    ok(/name="username"[^>]*autocomplete="username"/.test(html), "user name");
    ok(/name="password"[^>]*autocomplete="current-password"/.test(html), "password");
    const css = readFileSync(new URL("static/nixa.css", root));
    ok(html.length + css.length + readFileSync(new URL("static/mark.svg", root)).length < 30_000, "is less than 30 KB");
    ok(gzipSync(css).length < 8_000, "the style sheet is small");
    equal((source("login").match(/<script/g) ?? []).length, 1, "offers passkeys by one script");
    ok(/<form method="post" action="\/login\/password">/.test(html), "and needs none for the password");
});

// What a worker keeps, and every file that the app's first script imports, directly or not.
function kept(app) {
    const code = readFileSync(new URL(`${app}/sw.js`, root), "utf8");
    return runInNewContext(`${code}; SHELL`, { self: { addEventListener() {} }, location: { origin: "" } });
}
function imported(url, seen = new Set()) {
    if (seen.has(url.pathname)) return seen;
    seen.add(url.pathname);
    const code = readFileSync(url, "utf8");
    for (const [, path] of code.matchAll(/(?:from |import\()"(\.[^"]+)"/g)) imported(new URL(path, url), seen);
    return seen;
}

for (const app of ["wallet", "verify"]) {
    await scenario(`${app} works offline`, async () => {
        const shell = kept(app), base = root.pathname;
        equal(shell.filter((path) => path !== `/${app}` && !existsSync(new URL(path.slice(1), root))).join(), "", "what is kept exists");
        const needed = [...imported(new URL(`${app}/app.js`, root))].map((path) => `/${path.slice(base.length)}`);
        equal(needed.filter((path) => !shell.includes(path)).join(), "", "every script that it imports is kept");
    });
}

await scenario("consent: the first button allows", async () => {
    const html = render("consent", pages.find(([n]) => n === "consent")[1], "vi");
    ok(/<button[^>]*type="submit"[^>]*>/.exec(html)[0].includes('name="decision" value="allow"'), "allow stands first");
    ok(html.includes('name="decision" value="deny"'), "deny is there");
});

finish();
