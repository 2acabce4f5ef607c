#include "crypto/handle.h"

#include "base/secret.h"
#include "crypto/random.h"

#define HOLDER_MAX 1024
#define ID_BYTES 16
#define SEALED_LEN (NX_HANDLE_PLAIN_LEN + NX_SEAL_OVERHEAD)

/* The type stands in the additional data and, for a reader who holds the key, in the plain text. */
struct aad {
    uint8_t bytes[2 + HOLDER_MAX];
    size_t n;
};

static nx_result make_aad(struct aad *out, nx_handle_type type, nx_span holder)
{
    NX_REQUIRE(holder.n <= HOLDER_MAX, NX_ERR_LIMIT);
    out->bytes[0] = 'h';
    out->bytes[1] = (uint8_t)type;
    if (holder.n) memcpy(out->bytes + 2, holder.p, holder.n);
    out->n = 2 + holder.n;
    return NX_OK;
}

NX_FALLIBLE nx_handle_make(struct nx_handle *out, uint16_t shard)
{
    out->shard = shard;
    return nx_id_make(&out->id);
}

NX_FALLIBLE nx_handle_seal(nx_handle_text *out, const nx_master *m, nx_handle_type type, nx_span holder,
                           const struct nx_handle *h)
{
    struct aad aad;
    NX_TRY(make_aad(&aad, type, holder));
    uint8_t plain[NX_HANDLE_PLAIN_LEN] = {(uint8_t)type, (uint8_t)(h->shard >> 8), (uint8_t)h->shard};
    uint8_t sealed[SEALED_LEN];
    size_t n;
    NX_TRY(nx_b32_decode(plain + 3, ID_BYTES, &n, nx_span_str(h->id.s), false));
    NX_REQUIRE(n == ID_BYTES, NX_ERR_ENCODING);
    NX_TRY(nx_seal(sealed, nx_master_key(m, NX_LABEL_HANDLE), nx_span_of(aad.bytes, aad.n),
                   nx_span_of(plain, sizeof plain)));
    nx_b64u_encode(out->s, nx_span_of(sealed, sizeof sealed));
    return NX_OK;
}

NX_FALLIBLE nx_handle_open(struct nx_handle *out, const nx_master *m, nx_handle_type type, nx_span holder,
                           nx_span text)
{
    struct aad aad;
    uint8_t sealed[SEALED_LEN], plain[NX_HANDLE_PLAIN_LEN];
    size_t n = 0;
    NX_REQUIRE(text.n == NX_HANDLE_LEN && nx_ok(make_aad(&aad, type, holder)), NX_ERR_HANDLE);
    NX_REQUIRE(nx_ok(nx_b64u_decode(sealed, sizeof sealed, &n, text)) && n == sizeof sealed, NX_ERR_HANDLE);
    nx_result r = nx_seal_open(plain, nx_master_key(m, NX_LABEL_HANDLE), nx_span_of(aad.bytes, aad.n),
                               nx_span_of(sealed, sizeof sealed));
    NX_REQUIRE(r.e != NX_ERR_SEAL, NX_ERR_HANDLE);
    NX_TRY(r);
    NX_REQUIRE(plain[0] == (uint8_t)type, NX_ERR_HANDLE);
    out->shard = (uint16_t)(plain[1] << 8 | plain[2]);
    nx_b32_encode(out->id.s, nx_span_of(plain + 3, ID_BYTES), false);
    return NX_OK;
}
