// Base45 (RFC 9285): two bytes become three characters of QR's alphanumeric mode, a last single byte two.

const alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:";
const values = new Map([...alphabet].map((c, i) => [c, i]));

export function encodeBase45(bytes) {
    let text = "";
    for (let i = 0; i < bytes.length; i += 2) {
        const pair = i + 1 < bytes.length;
        const n = pair ? bytes[i] * 256 + bytes[i + 1] : bytes[i];
        text += alphabet[n % 45] + alphabet[Math.floor(n / 45) % 45] + (pair ? alphabet[Math.floor(n / 2025)] : "");
    }
    return text;
}

// Throws on a foreign character, a lone last character and a group above its range.
export function decodeBase45(text) {
    if (text.length % 3 === 1) throw new Error("encoding");
    const bytes = [];
    for (let i = 0; i < text.length; i += 3) {
        const group = [...text.slice(i, i + 3)].map((c) => values.get(c));
        if (group.includes(undefined)) throw new Error("encoding");
        const n = group[0] + group[1] * 45 + (group[2] ?? 0) * 2025;
        if (n > (group.length === 3 ? 0xffff : 0xff)) throw new Error("encoding");
        if (group.length === 3) bytes.push(n >> 8);
        bytes.push(n & 0xff);
    }
    return Uint8Array.from(bytes);
}
