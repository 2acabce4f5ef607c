// Every page on a narrow phone, light and dark: nothing is wider than the screen, texts stand out from what is behind them
// (WCAG 2.2: 1.4.3), what is touched is large enough (2.5.8), and Tab goes the way of the page.
import "./platform.mjs";
import { equal, finish, scenario } from "../e2e/tap.mjs";
import { launch, serveSamples } from "./sample_server.mjs";
import { pages } from "./samples.mjs";

// Runs in the page: what is wrong, in words.
function faults() {
    const found = [];
    const colour = (text) => {
        const [r, g, b, a = 1] = text.match(/[\d.]+/g).map(Number);
        return [r, g, b, a];
    };
    const over = ([r, g, b, a], [x, y, z]) => [r * a + x * (1 - a), g * a + y * (1 - a), b * a + z * (1 - a), 1];
    const light = ([r, g, b]) => [0.2126, 0.7152, 0.0722].reduce((sum, weight, i) => {
        const c = [r, g, b][i] / 255;
        return sum + weight * (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
    }, 0);
    const behind = (element) => {
        const layers = [];
        for (let e = element; e; e = e.parentElement) layers.unshift(colour(getComputedStyle(e).backgroundColor));
        const canvas = matchMedia("(prefers-color-scheme: dark)").matches ? [18, 18, 18, 1] : [255, 255, 255, 1];
        return layers.reduce((under, layer) => over(layer, under), canvas);
    };
    const seen = (element) => element.checkVisibility({ checkOpacity: true, checkVisibilityCSS: true });
    const words = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let node = words.nextNode(); node; node = words.nextNode()) {
        const element = node.parentElement, text = node.data.trim();
        if (!text || !seen(element) || element.closest("noscript, :disabled, svg")) continue;
        const box = element.getBoundingClientRect();
        if (box.right <= 0 || box.bottom <= 0 || box.width < 2) continue; // for those who listen alone
        const style = getComputedStyle(element), size = parseFloat(style.fontSize);
        const background = behind(element), front = over(colour(style.color), background);
        const [high, low] = [light(front), light(background)].sort((a, b) => b - a);
        const ratio = (high + 0.05) / (low + 0.05);
        const large = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
        if (ratio < (large ? 3 : 4.5)) found.push(`contrast ${ratio.toFixed(2)}: ${text.slice(0, 40)}`);
    }
    for (const e of document.querySelectorAll("a[href], button, input:not([type=hidden]), select, summary, textarea")) {
        if (!seen(e) || e.closest("noscript")) continue;
        const { width, height, right, bottom } = e.getBoundingClientRect();
        if (right <= 0 || bottom <= 0) continue; // shown when it has the focus
        const inline = getComputedStyle(e).display === "inline"; // within a sentence
        const least = e.matches("button, select, textarea, input:not([type=checkbox], [type=radio])") ? 40 : 24;
        if (!inline && (height < least - 0.5 || width < 24)) found.push(`small, ${Math.round(width)} by ${Math.round(height)}: ${e.outerHTML.slice(0, 80)}`);
        if (e.tabIndex > 0) found.push(`tabindex ${e.tabIndex}`);
    }
    const wide = document.documentElement.scrollWidth - innerWidth;
    if (wide > 0) found.push(`${wide} px too wide`);
    return [...new Set(found)];
}

const server = await serveSamples(), browser = await launch();
for (const colorScheme of ["light", "dark"]) {
    const context = await browser.newContext({ viewport: { width: 320, height: 640 }, colorScheme });
    const page = await context.newPage();
    await scenario(`every page, ${colorScheme}`, async () => {
        for (const [i, [name, , state = ""]] of pages.entries()) {
            if (name === "form_post") continue; // it sends itself on
            await page.goto(server.url(i, colorScheme === "light" ? "vi" : "en"));
            equal((await page.evaluate(faults)).join("\n"), "", `${name} ${state}`.trim());
        }
    });
    await context.close();
}
await browser.close();
server.close();
finish();
