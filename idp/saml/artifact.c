#include "saml/artifact.h"

#include "base/text.h"
#include "saml/message.h"

#include <openssl/evp.h>

#define SOURCE_LEN 20
#define HEAD_LEN (4 + SOURCE_LEN)
#define ARTIFACT_LEN (HEAD_LEN + NX_ARTIFACT_HANDLE_LEN)

/* SHA-1 names us here and protects nothing: the handle does. */
static NX_FALLIBLE head_of(uint8_t head[HEAD_LEN], const struct nx_house *house, nx_arena *a)
{
    const char *entity;
    size_t n = 0;
    NX_TRY(nx_saml_own_id(&entity, house, a));
    head[0] = 0;
    head[1] = 4;
    head[2] = NX_SAML_ARTIFACT_INDEX >> 8;
    head[3] = NX_SAML_ARTIFACT_INDEX & 0xff;
    int ok = EVP_Q_digest(NULL, "SHA1", NULL, entity, strlen(entity), head + 4, &n);
    NX_REQUIRE(ok == 1 && n == SOURCE_LEN, NX_ERR_CRYPTO);
    return NX_OK;
}

NX_FALLIBLE nx_saml_artifact_text(const char **out, const struct nx_house *house, nx_arena *a,
                                  const uint8_t handle[NX_ARTIFACT_HANDLE_LEN])
{
    uint8_t bytes[ARTIFACT_LEN];
    NX_TRY(head_of(bytes, house, a));
    memcpy(bytes + HEAD_LEN, handle, NX_ARTIFACT_HANDLE_LEN);
    *out = nx_b64_dup(a, nx_span_of(bytes, sizeof bytes));
    NX_NEED(*out);
    return NX_OK;
}

NX_FALLIBLE nx_saml_artifact_handle(uint8_t handle[NX_ARTIFACT_HANDLE_LEN], const struct nx_house *house,
                                    nx_arena *a, const char *text)
{
    uint8_t head[HEAD_LEN];
    nx_span bytes;
    NX_TRY(head_of(head, house, a));
    nx_result r = nx_b64_decode_dup(&bytes, a, nx_span_str(text));
    NX_REQUIRE(r.e != NX_ERR_MEMORY, NX_ERR_MEMORY);
    NX_REQUIRE(nx_ok(r) && bytes.n == ARTIFACT_LEN && memcmp(bytes.p, head, HEAD_LEN) == 0, NX_ERR_SAML_MESSAGE);
    memcpy(handle, bytes.p + HEAD_LEN, NX_ARTIFACT_HANDLE_LEN);
    return NX_OK;
}
