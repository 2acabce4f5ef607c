// A small reading of the template language (idp/web/templates/README.md), so that pages can be looked at and tested
// without a server. The server's own engine is idp/http/template.c.
import { readFileSync } from "node:fs";

const root = new URL("../../idp/web/", import.meta.url);
const entities = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };
const escape = (text) => String(text).replace(/[&<>"']/g, (c) => entities[c]);

export function catalogue(lang) {
    const lines = readFileSync(new URL(`lang/${lang}.txt`, root), "utf8").split("\n");
    return new Map(lines.filter((l) => l.includes(" = ") && !l.startsWith("#"))
        .map((l) => [l.slice(0, l.indexOf(" = ")), l.slice(l.indexOf(" = ") + 3)]));
}

export const source = (name) => readFileSync(new URL(`templates/${name}.html`, root), "utf8");

// Text to a tree: strings, holes {kind, name}, and sections that hold trees.
function parse(text, name) {
    const top = { items: [] }, stack = [top];
    let at = 0;
    for (const m of text.matchAll(/\{\{([#^/>&!]?)([\s\S]*?)\}\}/g)) {
        const [whole, kind, raw] = m, body = raw.trim(), into = stack.at(-1).items;
        into.push(text.slice(at, m.index));
        at = m.index + whole.length;
        if (kind === "!") continue;
        if (kind === "/") {
            if (stack.pop().name !== body) throw new Error(`${name}: {{/${body}}} closes another section`);
        } else if (kind === "#" || kind === "^") {
            const section = { kind, name: body, items: [] };
            into.push(section);
            stack.push(section);
        } else into.push({ kind, name: body });
    }
    if (stack.length !== 1) throw new Error(`${name}: {{#${stack.at(-1).name}}} is not closed`);
    top.items.push(text.slice(at));
    return top.items;
}

const find = (views, key) => views.find((v) => key in v)?.[key];

function section(item, views, texts) {
    const value = find(views, item.name);
    const list = Array.isArray(value) ? value : value ? [value] : [];
    if (item.kind === "^") return list.length ? "" : write(item.items, views, texts);
    return list.map((v) => write(item.items, typeof v === "object" ? [v, ...views] : views, texts)).join("");
}

function value(item, views) {
    const found = find(views, item.name);
    if (found === undefined) throw new Error(`no value for {{${item.name}}}`);
    return item.kind === "&" ? found : escape(found);
}

function write(items, views, texts) {
    return items.map((item) => {
        if (typeof item === "string") return item;
        if (item.kind === "#" || item.kind === "^") return section(item, views, texts);
        if (item.kind === ">") return write(parse(source(item.name), item.name), views, texts);
        if (!item.name.startsWith("t:")) return value(item, views);
        const text = texts.get(item.name.slice(2));
        if (text === undefined) throw new Error(`no text for {{${item.name}}}`);
        return escape(text).replace(/\{([a-z0-9_.-]+)\}/g, (_, name) => value({ name }, views));
    }).join("");
}

export function render(name, view, lang) {
    const common = { lang, lang_url: "?lang=xx", csrf: "csrf", csrf_out: "csrf" };
    return write(parse(source(name), name), [view, common], catalogue(lang));
}
