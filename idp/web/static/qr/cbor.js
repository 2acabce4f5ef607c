// CBOR (RFC 8949), the strict part that QR identities use: definite lengths only, no duplicate map keys, nesting of
// eight, nothing after the item; map keys are integers or texts. A map becomes a Map, a tag {tag, value}.

import { concat, decodeText, encodeText } from "./bytes.js";

const DEPTH_MAX = 8;

const fail = () => { throw new Error("encoding"); };

class Reader {
    constructor(bytes) {
        this.bytes = bytes;
        this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
        this.at = 0;
    }

    take(n) {
        if (n > this.bytes.length - this.at) fail();
        this.at += n;
        return this.at - n;
    }

    // The number that follows the first byte. More than 2^53 - 1 does not occur in what we read.
    argument(info) {
        if (info < 24) return info;
        if (info === 24) return this.view.getUint8(this.take(1));
        if (info === 25) return this.view.getUint16(this.take(2));
        if (info === 26) return this.view.getUint32(this.take(4));
        if (info !== 27) fail();
        const n = Number(this.view.getBigUint64(this.take(8)));
        return Number.isSafeInteger(n) ? n : fail();
    }

    slice(n) {
        const from = this.take(n);
        return this.bytes.slice(from, from + n);
    }

    list(n, depth) {
        if (n > this.bytes.length - this.at) fail();
        return Array.from({ length: n }, () => this.item(depth + 1));
    }

    map(n, depth) {
        if (2 * n > this.bytes.length - this.at) fail();
        const map = new Map();
        for (let i = 0; i < n; i += 1) {
            const key = this.item(depth + 1);
            if ((typeof key !== "string" && !Number.isSafeInteger(key)) || map.has(key)) fail();
            map.set(key, this.item(depth + 1));
        }
        return map;
    }

    simple(info) {
        if (info === 20 || info === 21) return info === 21;
        if (info === 22) return null;
        if (info === 26) return this.view.getFloat32(this.take(4));
        if (info === 27) return this.view.getFloat64(this.take(8));
        return fail();
    }

    item(depth) {
        if (depth > DEPTH_MAX) fail();
        const first = this.view.getUint8(this.take(1)), major = first >> 5, info = first & 31;
        if (major === 7) return this.simple(info);
        const n = this.argument(info);
        switch (major) {
        case 0: return n;
        case 1: return -1 - n;
        case 2: return this.slice(n);
        case 3: return decodeText(this.slice(n));
        case 4: return this.list(n, depth);
        case 5: return this.map(n, depth);
        default: return { tag: n, value: this.item(depth + 1) };
        }
    }
}

export function decodeCbor(bytes) {
    const reader = new Reader(bytes);
    let item;
    try {
        item = reader.item(1);
    } catch {
        fail();
    }
    return reader.at === bytes.length ? item : fail();
}

function head(major, n) {
    const first = major << 5;
    if (n < 24) return Uint8Array.of(first | n);
    if (n < 0x100) return Uint8Array.of(first | 24, n);
    if (n < 0x10000) return Uint8Array.of(first | 25, n >> 8, n & 0xff);
    if (n > 0xffffffff) fail();
    return Uint8Array.of(first | 26, n >>> 24, (n >>> 16) & 0xff, (n >>> 8) & 0xff, n & 0xff);
}

// Shortest forms; map entries in the order of the Map, which is the writer's to choose.
export function encodeCbor(value) {
    if (Number.isInteger(value)) return value >= 0 ? head(0, value) : head(1, -1 - value);
    if (typeof value === "string") {
        const text = encodeText(value);
        return concat(head(3, text.length), text);
    }
    if (typeof value === "boolean") return Uint8Array.of(value ? 0xf5 : 0xf4);
    if (value instanceof Uint8Array) return concat(head(2, value.length), value);
    if (Array.isArray(value)) return concat(head(4, value.length), ...value.map(encodeCbor));
    if (value instanceof Map) return concat(head(5, value.size), ...[...value].flat().map(encodeCbor));
    if (value && "tag" in value) return concat(head(6, value.tag), encodeCbor(value.value));
    return fail();
}
