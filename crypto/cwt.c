/* Reading claims: each key has a row that says how it is read; a key without a row is refused in the strict
 * mode. */
#include "crypto/cwt.h"

enum { CNF_KEY = 1, CNF_CKT = 5 };

static nx_result read_text(const char **out, nx_arena *a, const struct nx_cbor *v)
{
    NX_TRY(nx_cbor_text(out, a, v));
    NX_REQUIRE(strlen(*out) <= NX_CWT_URI_MAX, NX_ERR_LIMIT);
    return NX_OK;
}

/* NumericDate may be a fraction (RFC 8392 section 2); ours never is. */
static nx_result read_time(nx_time *out, const struct nx_cbor *v, enum nx_cbor_mode mode)
{
    if (mode == NX_CBOR_FOREIGN && v->type == NX_CBOR_FLOAT) {
        NX_REQUIRE(v->real >= 0 && v->real < 1e12, NX_ERR_RANGE);
        *out = (nx_time)v->real;
        return NX_OK;
    }
    NX_TRY(nx_cbor_int(out, v));
    NX_REQUIRE(*out >= 0 && *out < (nx_time)1 << 40, NX_ERR_RANGE);
    return NX_OK;
}

/* RFC 8747 section 3.1: one confirmation key. */
static nx_result read_cnf(struct nx_cwt *out, const struct nx_cbor *v)
{
    NX_REQUIRE(v->type == NX_CBOR_MAP && v->count == 1, NX_ERR_CWT);
    out->cnf_key = nx_cbor_at(v, CNF_KEY);
    if (out->cnf_key) return NX_OK;
    NX_TRY(nx_cbor_bytes(&out->ckt, nx_cbor_at(v, CNF_CKT)));
    NX_REQUIRE(out->ckt.n == NX_CKT_LEN, NX_ERR_CWT);
    return NX_OK;
}

static nx_result read_status(struct nx_cwt *out, nx_arena *a, const struct nx_cbor *v)
{
    const struct nx_cbor *list = nx_cbor_named(v, "status_list");
    NX_REQUIRE(v->count == 1 && list && list->type == NX_CBOR_MAP && list->count == 2, NX_ERR_CWT);
    NX_TRY(nx_cbor_int(&out->status_index, nx_cbor_named(list, "idx")));
    NX_REQUIRE(out->status_index >= 0, NX_ERR_RANGE);
    return read_text(&out->status_uri, a, nx_cbor_named(list, "uri"));
}

static nx_result read_identity(struct nx_cwt *out, const struct nx_cbor *v, bool person)
{
    NX_REQUIRE(!out->identity && v->type == NX_CBOR_MAP, NX_ERR_CWT);
    out->identity = v;
    out->person = person;
    return NX_OK;
}

static nx_result read_claim(struct nx_cwt *out, nx_arena *a, int64_t key, const struct nx_cbor *v,
                            enum nx_cbor_mode mode)
{
    switch (key) {
    case NX_CWT_ISS:
        return read_text(&out->iss, a, v);
    case NX_CWT_SUB:
        return read_text(&out->sub, a, v);
    case NX_CWT_EXP:
        return read_time(&out->exp, v, mode);
    case NX_CWT_NBF:
        return read_time(&out->nbf, v, mode);
    case NX_CWT_IAT:
        return read_time(&out->iat, v, mode);
    case NX_CWT_CTI:
        NX_TRY(nx_cbor_bytes(&out->cti, v));
        NX_REQUIRE(out->cti.n <= NX_CWT_CTI_MAX, NX_ERR_LIMIT);
        return NX_OK;
    case NX_CWT_CNF:
        return read_cnf(out, v);
    case NX_CWT_STATUS:
        return read_status(out, a, v);
    case NX_CWT_PERSON:
        return read_identity(out, v, true);
    case NX_CWT_SUBJECT:
        return read_identity(out, v, false);
    case NX_CWT_HANDLE:
        return nx_cbor_bytes(&out->handle, v);
    default:
        NX_REQUIRE(mode == NX_CBOR_FOREIGN, NX_ERR_CWT);
        return NX_OK;
    }
}

NX_FALLIBLE nx_cwt_read(struct nx_cwt *out, nx_arena *a, nx_span payload, enum nx_cbor_mode mode)
{
    *out = (struct nx_cwt){.status_index = -1};
    const struct nx_cbor *map = NULL;
    NX_TRY(nx_cbor_parse(&map, a, payload, mode));
    NX_REQUIRE(map->type == NX_CBOR_MAP, NX_ERR_CWT);
    for (size_t i = 0; i < map->count; i++) {
        int64_t key;
        if (!nx_ok(nx_cbor_int(&key, &map->item[2 * i]))) {
            NX_REQUIRE(mode == NX_CBOR_FOREIGN, NX_ERR_CWT);
            continue;
        }
        NX_TRY(read_claim(out, a, key, &map->item[2 * i + 1], mode));
    }
    return NX_OK;
}

NX_FALLIBLE nx_cwt_check_time(const struct nx_cwt *c, nx_time now)
{
    nx_time start = c->nbf > c->iat ? c->nbf : c->iat;
    NX_REQUIRE(start <= now + NX_SKEW_S, NX_ERR_NOT_YET);
    NX_REQUIRE(c->exp == 0 || now - NX_SKEW_S < c->exp, NX_ERR_EXPIRED);
    return NX_OK;
}
