// Bytes and their texts.

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

export const encodeText = (text) => new TextEncoder().encode(text);
// Throws on anything that is not well-formed UTF-8.
export const decodeText = (bytes) => utf8.decode(bytes);

export function concat(...parts) {
    const all = new Uint8Array(parts.reduce((n, p) => n + p.length, 0));
    let at = 0;
    for (const part of parts) {
        all.set(part, at);
        at += part.length;
    }
    return all;
}

export const equal = (a, b) => a.length === b.length && a.every((byte, i) => byte === b[i]);

// base64url without padding (RFC 4648 section 5).
export function toB64u(bytes) {
    let text = "";
    for (const byte of bytes) text += String.fromCharCode(byte);
    return btoa(text).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}

// Throws on padding, on foreign characters and on bits that are left over.
export function fromB64u(text) {
    if (!/^[A-Za-z0-9_-]*$/.test(text) || text.length % 4 === 1) throw new Error("encoding");
    const bytes = Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0));
    if (toB64u(bytes) !== text) throw new Error("encoding");
    return bytes;
}

export const sha256 = async (bytes) => new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));

async function through(stream, bytes, max) {
    const writer = stream.writable.getWriter();
    // Failures of the writer are seen by the reader too.
    writer.write(bytes).catch(() => {});
    writer.close().catch(() => {});
    const reader = stream.readable.getReader(), parts = [];
    for (let total = 0; ;) {
        const { done, value } = await reader.read();
        if (done) return concat(...parts);
        total += value.length;
        if (total > max) {
            reader.cancel().catch(() => {});
            throw new Error("encoding");
        }
        parts.push(value);
    }
}

function adler32(bytes) {
    let a = 1, b = 0;
    for (const byte of bytes) {
        a = (a + byte) % 65521;
        b = (b + a) % 65521;
    }
    return Uint8Array.of(b >> 8, b & 0xff, a >> 8, a & 0xff);
}

// One whole zlib stream (RFC 1950) of at most max bytes when inflated; nothing may follow it. Not every platform
// minds what follows; the checksum must be the last four bytes, and that shows it.
export async function inflate(bytes, max) {
    let all;
    try {
        all = await through(new DecompressionStream("deflate"), bytes, max);
    } catch {
        throw new Error("encoding");
    }
    if (!equal(adler32(all), bytes.slice(-4))) throw new Error("encoding");
    return all;
}
export const deflate = (bytes) => through(new CompressionStream("deflate"), bytes, 1 << 20);
