#include "crypto/pairwise.h"

#include "base/text.h"
#include "crypto/digest.h"

static nx_result name_in_sector(nx_pairwise *out, nx_span key, nx_span label, nx_span sector, nx_span id)
{
    NX_REQUIRE(sector.n && id.n, NX_ERR_MISSING);
    uint8_t mac[NX_SHA256_LEN];
    NX_TRY(nx_hmac_sha256_parts(mac, key, (const nx_span[]){label, sector, id}, 3));
    nx_b64u_encode(out->s, nx_span_of(mac, sizeof mac));
    return NX_OK;
}

NX_FALLIBLE nx_pairwise_sub(nx_pairwise *out, const nx_master *m, nx_span sector, nx_span person_id)
{
    return name_in_sector(out, nx_master_key(m, NX_LABEL_PAIRWISE), NX_LIT("sub"), sector, person_id);
}

NX_FALLIBLE nx_pairwise_qr_id(nx_pairwise *out, const nx_master *m, nx_span sector, nx_span qid)
{
    return name_in_sector(out, nx_master_key(m, NX_LABEL_QR_ID), NX_LIT("qr_id"), sector, qid);
}
