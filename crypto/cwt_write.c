/* Writing claims, in ascending order of their keys but for the identity map, which stands last: a handle is
 * the beginning of its card, and both compress the same way. */
#include "crypto/cwt.h"

enum { CNF_KEY = 1, CNF_CKT = 5 };

static void put_text(nx_buf *b, int64_t key, const char *text)
{
    if (!text) return;
    nx_cbor_put_int(b, key);
    nx_cbor_put_text(b, text);
}

static void put_time(nx_buf *b, int64_t key, nx_time t)
{
    if (!t) return;
    nx_cbor_put_int(b, key);
    nx_cbor_put_int(b, t);
}

static void put_status(nx_buf *b, const struct nx_cwt *c)
{
    if (!c->status_uri) return;
    nx_cbor_put_int(b, NX_CWT_STATUS);
    nx_cbor_put_map(b, 1);
    nx_cbor_put_text(b, "status_list");
    nx_cbor_put_map(b, 2);
    nx_cbor_put_text(b, "idx");
    nx_cbor_put_int(b, c->status_index);
    nx_cbor_put_text(b, "uri");
    nx_cbor_put_text(b, c->status_uri);
}

NX_FALLIBLE nx_cwt_write(nx_span *out, nx_arena *a, const struct nx_cwt *c, nx_span identity_map)
{
    size_t count = (c->iss != NULL) + (c->sub != NULL) + (c->exp != 0) + (c->nbf != 0) + (c->iat != 0) +
                   (c->cti.n != 0) + (c->ckt.n != 0) + (c->status_uri != NULL) + (identity_map.n != 0);
    nx_buf b;
    nx_buf_init(&b, a, NX_CBOR_MAX);
    nx_cbor_put_map(&b, count);
    put_text(&b, NX_CWT_ISS, c->iss);
    put_text(&b, NX_CWT_SUB, c->sub);
    put_time(&b, NX_CWT_EXP, c->exp);
    put_time(&b, NX_CWT_NBF, c->nbf);
    put_time(&b, NX_CWT_IAT, c->iat);
    if (c->cti.n) {
        nx_cbor_put_int(&b, NX_CWT_CTI);
        nx_cbor_put_bytes(&b, c->cti);
    }
    if (c->ckt.n) {
        nx_cbor_put_int(&b, NX_CWT_CNF);
        nx_cbor_put_map(&b, 1);
        nx_cbor_put_int(&b, CNF_CKT);
        nx_cbor_put_bytes(&b, c->ckt);
    }
    put_status(&b, c);
    if (identity_map.n) {
        nx_cbor_put_int(&b, c->person ? NX_CWT_PERSON : NX_CWT_SUBJECT);
        nx_buf_add(&b, identity_map);
    }
    NX_TRY(nx_buf_done(&b));
    *out = nx_buf_span(&b);
    return NX_OK;
}

NX_FALLIBLE nx_cwt_write_live(nx_span *out, nx_arena *a, nx_time iat, const EVP_PKEY *key, nx_span handle)
{
    nx_buf b;
    nx_buf_init(&b, a, NX_CBOR_MAX);
    nx_cbor_put_map(&b, 3);
    put_time(&b, NX_CWT_IAT, iat);
    nx_cbor_put_int(&b, NX_CWT_CNF);
    nx_cbor_put_map(&b, 1);
    nx_cbor_put_int(&b, CNF_KEY);
    NX_TRY(nx_cose_key_put(&b, key));
    nx_cbor_put_int(&b, NX_CWT_HANDLE);
    nx_cbor_put_bytes(&b, handle);
    NX_TRY(nx_buf_done(&b));
    *out = nx_buf_span(&b);
    return NX_OK;
}
