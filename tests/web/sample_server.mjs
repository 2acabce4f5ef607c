// The samples of every page on loopback, under the policy that the server sends, and a browser to look at them.
import { createServer } from "node:http";
import { existsSync, readFileSync } from "node:fs";
import { chromium } from "../e2e/node_modules/playwright-core/index.mjs";
import { pages } from "./samples.mjs";
import { render } from "./render.mjs";

const types = { css: "text/css", js: "text/javascript", svg: "image/svg+xml", png: "image/png", webmanifest: "application/manifest+json" };
const policy = "default-src 'none'; style-src 'self'; img-src 'self'; script-src 'self'; connect-src 'self'; " +
    "manifest-src 'self'; worker-src 'self'; require-trusted-types-for 'script'; trusted-types nixa; form-action 'self'";

function answer(rq, rs) {
    const url = new URL(rq.url, "http://x"), n = url.searchParams.get("n");
    if (n !== null) {
        const [name, view] = pages[Number(n)];
        rs.writeHead(200, { "content-type": "text/html; charset=utf-8", "content-security-policy": policy });
        return rs.end(render(name, view, url.searchParams.get("lang")));
    }
    const file = new URL(`../../idp/web${url.pathname}`, import.meta.url);
    if (!existsSync(file)) return rs.writeHead(404).end();
    rs.writeHead(200, { "content-type": types[url.pathname.split(".").pop()] ?? "text/plain" });
    return rs.end(readFileSync(file));
}

// url(n, lang): the n-th sample.
export async function serveSamples() {
    const server = createServer(answer);
    await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
    return { url: (n, lang) => `http://127.0.0.1:${server.address().port}/?n=${n}&lang=${lang}`,
        close: () => { server.closeAllConnections(); server.close(); } };
}

export const launch = () => chromium.launch({ executablePath: "/usr/bin/chromium",
    args: ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"] });
