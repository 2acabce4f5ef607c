// A small server of docs/PROTOCOL-qr.md for tests of the wallet and the verifier alone: it checks every proof as the
// page says and plays the parts of /me, of a sign-in page and of an operator. It is written from that page and
// shares no code with the wallet, so that each checks the other's reading.
import { createHash, createPublicKey, generateKeyPairSync, randomBytes, sign, verify } from "node:crypto";
import { createServer } from "node:http";
import { existsSync, readFileSync } from "node:fs";
import { deflateSync } from "node:zlib";
import { encodeBase45 } from "../../idp/web/static/qr/base45.js";
import { encodeCbor } from "../../idp/web/static/qr/cbor.js";
import { render } from "./render.mjs";

const policy = "default-src 'none'; style-src 'self'; img-src 'self'; script-src 'self'; connect-src 'self'; " +
    "manifest-src 'self'; worker-src 'self'; form-action 'self'; base-uri 'none'; " +
    "require-trusted-types-for 'script'; trusted-types nixa";
const types = { css: "text/css", js: "text/javascript", svg: "image/svg+xml", png: "image/png", webmanifest: "application/manifest+json" };
const part = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");
const read = (text) => JSON.parse(Buffer.from(text, "base64url"));
const digest = (data) => createHash("sha256").update(data).digest();
const b32 = (n) => Array.from(randomBytes(n), (b) => "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"[b & 31]).join("");

class Refused extends Error {
    constructor(status, code, more = {}) {
        super(code);
        Object.assign(this, { status, code, more });
    }
}

export class WalletServer {
    static async open() {
        const s = new WalletServer();
        s.keys = Object.fromEntries(["card", "wallet", "status"].map((p) => [p, generateKeyPairSync("ec", { namedCurve: "P-256" })]));
        Object.assign(s, { skew: 0, seen: new Set(), enrolments: new Map(), orders: new Map(), identity: null, sessions: [],
            notices: [], said: [], down: false });
        s.http = createServer((rq, rs) => s.answer(rq, rs));
        await new Promise((resolve) => s.http.listen(0, "127.0.0.1", resolve));
        s.issuer = `http://127.0.0.1:${s.http.address().port}`;
        return s;
    }

    close() {
        this.http.closeAllConnections();
        this.http.close();
    }

    now() { return Math.floor(Date.now() / 1000) + this.skew; }
    jwks() {
        return Object.entries(this.keys).map(([purpose, pair]) =>
            ({ ...pair.publicKey.export({ format: "jwk" }), alg: "ES256", use: "sig", kid: purpose, purpose }));
    }
    signed(typ, payload, kid) {
        const text = `${part({ alg: "ES256", typ, kid })}.${part(payload)}`;
        return `${text}.${sign("sha256", Buffer.from(text), { key: this.keys[kid].privateKey, dsaEncoding: "ieee-p1363" }).toString("base64url")}`;
    }

    code(typ, more = []) {
        const { x, y } = this.identity.jwk, at = (n) => new Uint8Array(Buffer.from(n, "base64url"));
        const ckt = digest(encodeCbor(new Map([[1, 2], [-1, 1], [-2, at(x)], [-3, at(y)]])));
        const claims = encodeCbor(new Map([[1, this.issuer], [2, this.identity.qid], [4, this.now() + 86400], [6, this.now()],
            [7, new Uint8Array(randomBytes(4))], [8, new Map([[5, new Uint8Array(ckt)]])],
            [65535, new Map([["status_list", new Map([["idx", 1], ["uri", `${this.issuer}/s/0`]])]])], ...more]));
        const header = encodeCbor(new Map([[1, -7], [16, typ]]));
        const signature = sign("sha256", encodeCbor(["Signature1", header, new Uint8Array(0), claims]),
            { key: this.keys.card.privateKey, dsaEncoding: "ieee-p1363" });
        const kid = new Map([[4, new TextEncoder().encode("card")]]);
        return encodeBase45(new Uint8Array(deflateSync(encodeCbor({ tag: 18, value: [header, kid, claims, new Uint8Array(signature)] }))));
    }

    // Section 5.1, member by member.
    proof(text, label, members) {
        const [head, body, signature] = text.split("."), header = read(head), payload = read(body);
        const jwk = label === "enrol" ? header.jwk : this.identity?.jwk;
        const holder = label === "enrol" ? { jwk: header.jwk } : { kid: this.identity?.qid };
        if (part({ alg: "ES256", typ: `nixa-${label}+jwt`, ...holder }) !== part({ alg: header.alg, typ: header.typ,
            ...(label === "enrol" ? { jwk: header.jwk } : { kid: header.kid }) }) || Object.keys(header).length !== 3) throw new Refused(401, "proof_invalid");
        if (label === "enrol" && Object.keys(jwk).sort().join() !== "crv,kty,x,y") throw new Refused(400, "key_unsuitable");
        const key = createPublicKey({ key: jwk, format: "jwk" });
        if (!verify("sha256", Buffer.from(`${head}.${body}`), { key, dsaEncoding: "ieee-p1363" }, Buffer.from(signature, "base64url"))) throw new Refused(401, "proof_invalid");
        if (Object.keys(payload).sort().join() !== ["aud", "iat", "jti", ...members].sort().join()) throw new Refused(400, "malformed");
        if (payload.aud !== this.issuer || !/^[\w-]{22}$/.test(payload.jti)) throw new Refused(401, "proof_invalid");
        if (Math.abs(payload.iat - this.now()) > 60) throw new Refused(401, "clock", { server_time: this.now() });
        if (this.seen.has(payload.jti)) throw new Refused(409, "replayed");
        this.seen.add(payload.jti);
        if (label !== "enrol" && label !== "sync" && this.identity.state !== "active") throw new Refused(403, `identity_${this.identity.state}`);
        return { ...payload, jwk };
    }

    // --- what other screens do ---
    enrolLink() {
        const secret = b32(26), link = `${this.issuer.toUpperCase()}/Q/E/${secret}`;
        this.enrolments.set(secret, { state: "open", nonce: b32(22), id: b32(22), watch: b32(22) });
        return { link, enrolment: this.enrolments.get(secret) };
    }
    orderLink(via = "link") {
        const id = b32(26), t = this.now(), mac = b32(16);
        const order = { id, t, mac, via, state: "waiting", nonce: b32(22), watch: b32(22), reason: null };
        this.orders.set(id, order);
        return { link: `${this.issuer.toUpperCase()}/Q/${id}/${t}/${mac}`, order };
    }

    // --- what the wallet calls ---
    calls = {
        "/qr/v1/enrol/start": ({ secret }) => {
            const e = this.enrolments.get(secret);
            if (!e || e.state !== "open") throw new Refused(410, "enrolment_gone");
            e.state = "started";
            return { enrolment: e.id, nonce: e.nonce, issuer: this.issuer, name: "Nguyễn Văn An", expires_in: 180, digits: true };
        },
        "/qr/v1/enrol/finish": ({ proof, pin, label }) => {
            const p = this.proof(proof, "enrol", ["enrolment", "nonce"]);
            const e = [...this.enrolments.values()].find((one) => one.id === p.enrolment && one.nonce === p.nonce);
            if (!e) throw new Refused(410, "enrolment_gone");
            if (pin === "123456") throw new Refused(422, "pin_weak");
            this.identity = { qid: b32(26).toLowerCase(), jwk: p.jwk, state: "active", pin, label };
            Object.assign(e, { state: "digits", digits: "0472" });
            return { qid: this.identity.qid, state: "digits", digits: e.digits, watch: e.watch, expires_in: 180 };
        },
        "/qr/v1/enrol/watch": ({ watch }) => {
            const e = [...this.enrolments.values()].find((one) => one.watch === watch);
            return { state: e.state, reason: e.reason ?? null };
        },
        "/qr/v1/sync": ({ proof }) => {
            this.proof(proof, "sync", []);
            const on = this.identity.state === "active";
            const person = new Map([[1, "001084000018"], [4, "Nguyễn Văn An"], [8, "19840418"], [9, 1], [75, 1], [77, 2]]);
            return { server_time: this.now(), identity: { qid: this.identity.qid, kind: "device", state: this.identity.state, label: this.identity.label,
                issued_at: this.now(), expires_at: this.now() + 9999, level: "urn:nixa:acr:m1", key_thumbprint: "x" },
            handle: on ? this.code("nx-h") : null, card: on ? this.code("nx-c", [[169, person]]) : null, sessions: this.sessions, notices: this.notices };
        },
        "/qr/v1/orders/take": ({ proof }) => {
            const p = this.proof(proof, "take", ["order", "t", "mac", "via"]), o = this.orders.get(p.order);
            if (!o) throw new Refused(410, "order_gone");
            if (o.t !== p.t || o.mac !== p.mac || o.via !== p.via) throw new Refused(403, "frame_invalid");
            if (o.state !== "waiting") throw new Refused(409, "order_taken");
            o.state = "taken";
            const display = { client: { id: "dvc", name: "Cổng dịch vụ công", organisation: "Văn phòng Chính phủ", organisation_code: "000.00.00.G22", origin: "https://dichvucong.localhost:8443" },
                broker: "NIXA", acr: "urn:nixa:acr:m1", claims: ["name", "birthdate", "made_up_claim"],
                screen: { browser: "Firefox · Windows", network: "113.160.0.0/16", place: null, since: this.now() - 5 } };
            o.context = this.signed("nixa-context+jwt", { iss: this.issuer, iat: this.now(), exp: this.now() + 120, order: o.id, t: o.t,
                nonce: o.nonce, qid: this.identity.qid, via: o.via, px: "p0", display, ...o.forged }, o.signer ?? "wallet");
            return { context: o.context, watch: o.watch, expires_in: 120 };
        },
        "/qr/v1/orders/approve": ({ proof, pin }) => {
            const p = this.proof(proof, "approve", ["order", "t", "nonce", "ctx", "own_screen"]), o = this.orders.get(p.order);
            if (o.nonce !== p.nonce || digest(o.context).toString("base64url") !== p.ctx) throw new Refused(409, "context_mismatch");
            if (pin !== this.identity.pin) throw new Refused(403, "pin_wrong", { attempts_left: 4 });
            Object.assign(o, { state: "approved", own: p.own_screen });
            return o.via === "same" ? { state: "redirect", redirect_to: `${this.issuer}/signed-in`, expires_in: 60 }
                : { state: "digits", digits: "0731", expires_in: 100 };
        },
        "/qr/v1/orders/decline": ({ proof }) => {
            const p = this.proof(proof, "decline", ["order", "reason"]);
            Object.assign(this.orders.get(p.order), { state: "ended", reason: p.reason });
            return { state: "declined" };
        },
        "/qr/v1/orders/watch": ({ watch }) => {
            const o = [...this.orders.values()].find((one) => one.watch === watch);
            return { state: o.state, reason: o.reason };
        },
        "/qr/v1/sessions/end": ({ proof }) => {
            const { session } = this.proof(proof, "end", ["session"]);
            this.sessions = this.sessions.filter((one) => one.id !== session);
            return {};
        },
        "/qr/v1/notices/undo": ({ proof }) => {
            const { notice } = this.proof(proof, "undo", ["notice"]);
            this.notices = this.notices.filter((one) => one.id !== notice);
            return {};
        },
        "/qr/v1/pin": ({ proof, pin, new_pin }) => {
            this.proof(proof, "pin", []);
            if (pin !== this.identity.pin) throw new Refused(403, "pin_wrong", { attempts_left: 4 });
            this.identity.pin = new_pin;
            return {};
        },
        "/qr/v1/revoke": ({ proof }) => {
            this.proof(proof, "revoke", ["qid", "reason"]);
            this.identity.state = "revoked";
            return {};
        },
    };

    list() {
        const bits = { active: 0, revoked: 1, suspended: 2 }[this.identity?.state ?? "active"] << 2;
        return { bits: 2, lst: deflateSync(Buffer.from([bits, 0])).toString("base64url") };
    }

    files = {
        "/qr/jwks": () => ["application/json", JSON.stringify({ keys: this.jwks() })],
        "/qr/bundle": () => ["application/json", JSON.stringify({ lists: [this.files["/s/0"]()[1]], bundle: this.signed("nixa-bundle+jwt",
            { iss: this.issuer, iat: this.now(), exp: this.now() + 86400, keys: this.jwks(), lists: [`${this.issuer}/s/0`] }, "wallet") })],
        "/s/0": () => ["application/statuslist+jwt", this.signed("statuslist+jwt",
            { sub: `${this.issuer}/s/0`, iat: this.now(), exp: this.now() + 300, ttl: 60, status_list: this.list() }, "status")],
        "/signed-in": () => ["text/plain", "signed in"],
    };

    page(rs, name, lang) {
        rs.writeHead(200, { "content-type": "text/html; charset=utf-8", "content-security-policy": policy });
        rs.end(render(name, { issuer: this.issuer, paste: true }, lang));
    }

    async answer(rq, rs) {
        if (this.down) return rq.socket.destroy();
        const { pathname } = new URL(rq.url, "http://x"), lang = /^en/.test(rq.headers["accept-language"] ?? "") ? "en" : "vi";
        if (pathname === "/wallet" || pathname === "/verify") return this.page(rs, pathname.slice(1), lang);
        if (this.files[pathname]) {
            const [type, body] = this.files[pathname]();
            return rs.writeHead(200, { "content-type": type }).end(body);
        }
        if (this.calls[pathname] && rq.method === "POST") return this.called(rq, rs, pathname);
        const file = new URL(`../../idp/web${pathname}`, import.meta.url);
        if (!existsSync(file)) return rs.writeHead(404).end();
        rs.writeHead(200, { "content-type": types[pathname.split(".").pop()] ?? "text/plain", "service-worker-allowed": pathname.replace("/sw.js", "") });
        return rs.end(readFileSync(file));
    }

    async called(rq, rs, path) {
        const parts = [];
        for await (const piece of rq) parts.push(piece);
        const send = (status, type, body) => rs.writeHead(status, { "content-type": type }).end(JSON.stringify(body));
        this.said.push([path, rq.headers.cookie]);
        if (path === "/qr/v1/sync") await this.held;
        try {
            send(200, "application/json", this.calls[path](JSON.parse(Buffer.concat(parts))));
        } catch (error) {
            if (!error.code) throw error;
            send(error.status, "application/problem+json", { status: error.status, title: error.code, code: error.code, ...error.more });
        }
    }
}
