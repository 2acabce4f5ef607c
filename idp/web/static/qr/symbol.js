// Draws QR symbols: one path in an SVG that the page already has.

import { qrcode } from "../../wallet/lib/qrcode.js";

const QUIET = 4;

// {size, d}: the side in modules, quiet zone included, and the dark modules as a path.
export function symbolOf(text) {
    const code = qrcode(0, "M");
    code.addData(text, /^[0-9A-Z $%*+\-./:]*$/.test(text) ? "Alphanumeric" : "Byte");
    code.make();
    const n = code.getModuleCount();
    let d = "";
    for (let y = 0; y < n; y += 1) {
        for (let x = 0; x < n; x += 1) if (code.isDark(y, x)) d += `M${x + QUIET} ${y + QUIET}h1v1h-1z`;
    }
    return { size: n + 2 * QUIET, d };
}

export function drawSymbol(svg, text) {
    const { size, d } = symbolOf(text);
    svg.setAttribute("viewBox", `0 0 ${size} ${size}`);
    svg.querySelector("path").setAttribute("d", d);
    svg.dataset.qr = text;
}
