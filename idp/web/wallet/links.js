// What a wallet makes of a code that it saw (docs/PROTOCOL-qr.md section 4). Only two kinds of link mean anything, and
// only from the issuer.

const ORDER = /^(https?:\/\/[^/]+)\/Q\/([A-Z2-7]{26})\/([0-9]{1,12})\/([A-Z2-7]{16})$/i;
const ENROLMENT = /^(https?:\/\/[^/]+)\/Q\/E\/([A-Z2-7]{26})$/i;

// {kind: "order", order, t, mac} or {kind: "enrolment", secret}; otherwise {kind: "bad", why}: "foreign",
// "other-issuer" or "unsigned" (the codes that citizens already hold).
export function readLink(text, issuer) {
    if (text.split("|").length >= 5) return { kind: "bad", why: "unsigned" };
    const order = ORDER.exec(text), enrolment = ENROLMENT.exec(text), found = order ?? enrolment;
    if (!found) return { kind: "bad", why: "foreign" };
    if (found[1].toLowerCase() !== issuer) return { kind: "bad", why: "other-issuer" };
    if (enrolment) return { kind: "enrolment", secret: enrolment[2].toUpperCase() };
    return { kind: "order", order: order[2].toUpperCase(), t: Number(order[3]), mac: order[4].toUpperCase() };
}

// The link of a same-device launch, "#launch=" + percent-encoded link; null for any other fragment.
export function launchOf(fragment) {
    const coded = /^#launch=([^&]{1,400})$/.exec(fragment)?.[1];
    try {
        return coded ? decodeURIComponent(coded) : null;
    } catch {
        return null;
    }
}
