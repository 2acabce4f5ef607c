#include "oidc/mint.h"

#include "crypto/digest.h"
#include "crypto/jws.h"
#include "house/house.h"
#include "flow/claims.h"
#include "oidc/json_out.h"
#include "flow/subject.h"
#include "policies/level.h"
#include "sessions/status.h"

char *nx_userinfo_audience(struct nx_house *house, nx_arena *a)
{
    return nx_arena_printf(a, "%s/oidc/userinfo", house->issuer);
}

/* RFC 8707 section 2.2: a token request may narrow what the authorization request asked for. */
NX_FALLIBLE nx_mint_audience(const char **out, struct nx_house *house, nx_arena *a, const char *granted,
                             const char *resource)
{
    nx_span rest = nx_span_str(granted), word;
    if (!granted || !*granted) {
        *out = nx_userinfo_audience(house, a);
        NX_NEED(*out);
        NX_REQUIRE(!resource || strcmp(resource, *out) == 0, NX_ERR_TARGET);
        return NX_OK;
    }
    while (nx_span_cut(&rest, ' ', &word)) {
        if (resource && !nx_span_eq_str(word, resource)) continue;
        *out = nx_arena_dup(a, word);
        NX_NEED(*out);
        return NX_OK;
    }
    NX_FAIL(NX_ERR_TARGET);
}

static bool is_userinfo(struct nx_house *house, const char *audience)
{
    size_t n = strlen(house->issuer);
    return strncmp(audience, house->issuer, n) == 0 && strcmp(audience + n, "/oidc/userinfo") == 0;
}

NX_FALLIBLE nx_mint_names(struct nx_names *out, struct nx_house *house, nx_arena *a, const nx_client *c,
                          const struct nx_grant *g, const char *audience)
{
    *out = (struct nx_names){.sub = g->subject, .sector = c->sector};
    if (strcmp(g->subject, g->client_id) == 0) return NX_OK;
    nx_pairwise name;
    if (!audience || is_userinfo(house, audience) || strcmp(audience, c->id) == 0) {
        NX_TRY(nx_subject_of(&name, house, c, g->subject));
    } else {
        NX_TRY(nx_sector_of_resource(&out->sector, a, audience));
        NX_TRY(nx_pairwise_sub(&name, house->master, nx_span_str(out->sector), nx_span_str(g->subject)));
    }
    out->sub = nx_arena_strdup(a, name.s);
    NX_NEED(out->sub);
    return NX_OK;
}

static NX_FALLIBLE put_status(struct nx_jo *o, struct nx_house *house, nx_arena *a, const struct nx_grant *g)
{
    if (g->status.list < 0) return NX_OK;
    nx_id generation;
    NX_TRY(nx_status_generation(house->store, &generation));
    const char *json =
        nx_arena_printf(a, "{\"status_list\":{\"idx\":%lld,\"uri\":\"%s/status/%s/%lld\"}}",
                        (long long)g->status.index, house->issuer, generation.s, (long long)g->status.list);
    NX_NEED(json);
    nx_jo_raw(o, "status", json);
    return NX_OK;
}

/* RFC 8693 section 4.1: who acted for her, by the name that this sector knows the officer by. */
static NX_FALLIBLE put_officer(struct nx_jo *o, struct nx_house *house, nx_arena *a, const char *officer,
                               const char *sector)
{
    nx_pairwise sub;
    NX_TRY(nx_pairwise_sub(&sub, house->master, nx_span_str(sector), nx_span_str(officer)));
    NX_AUTO_JSON act = json_pack("{s:{s:s}}", "act", "sub", sub.s);
    NX_NEED(act);
    return nx_jo_members(o, a, act);
}

NX_FALLIBLE nx_mint_binding(struct nx_jo *o, struct nx_house *house, nx_arena *a, const struct nx_grant *g,
                            const char *sector)
{
    const char *amr[NX_AMR_MAX];
    nx_jo_number(o, "auth_time", g->auth_time);
    nx_jo_text(o, "acr", nx_acr_of_level((enum nx_level)g->level));
    nx_jo_list(o, "amr", amr, nx_amr_of_means(amr, g->means));
    if (g->vouched_by) NX_TRY(put_officer(o, house, a, g->vouched_by, sector));
    if (!g->qid) return NX_OK;
    nx_pairwise qr_id;
    NX_TRY(nx_pairwise_qr_id(&qr_id, house->master, nx_span_str(sector), nx_span_str(g->qid)));
    nx_jo_text(o, "qr_id", qr_id.s);
    nx_jo_text(o, "qr_px", nx_rung_text((enum nx_rung)g->rung));
    return put_status(o, house, a, g);
}

NX_FALLIBLE nx_mint_access(char **out, const struct nx_mint *m, const struct nx_token_new *t)
{
    struct nx_names names;
    struct nx_jo o;
    NX_TRY(nx_mint_names(&names, m->house, m->arena, m->client, m->grant, t->narrow.audience));
    nx_jo_open(&o, m->arena, NX_CLAIMS_JSON_MAX);
    nx_jo_text(&o, "iss", m->house->issuer);
    nx_jo_number(&o, "iat", t->issued);
    nx_jo_number(&o, "exp", t->expires);
    nx_jo_text(&o, "jti", t->jti.s);
    nx_jo_audience(&o, "aud", t->narrow.audience);
    nx_jo_text(&o, "sub", names.sub);
    nx_jo_text(&o, "client_id", m->client->id);
    if (t->narrow.scope && *t->narrow.scope) nx_jo_text(&o, "scope", t->narrow.scope);
    if (strcmp(m->grant->subject, m->grant->client_id) != 0)
        NX_TRY(nx_mint_binding(&o, m->house, m->arena, m->grant, names.sector));
    nx_span payload;
    NX_TRY(nx_jo_done(&payload, &o));
    return nx_jws_sign(out, m->arena, m->house->keyring, NX_USE_TOKEN, "at+jwt", payload);
}

nx_key_use nx_mint_key_use(const char *alg)
{
    return strcmp(alg, "ES256") == 0 ? NX_USE_TOKEN : NX_USE_TOKEN_RS256;
}

/* OpenID Connect Core 3.1.3.6 and 3.3.2.11: the left half of the digest; every algorithm of ours hashes by
 * SHA-256. */
static NX_FALLIBLE put_hash(struct nx_jo *o, const char *name, const char *value)
{
    if (!value) return NX_OK;
    uint8_t digest[NX_SHA256_LEN];
    char text[NX_B64U_LEN(NX_SHA256_LEN / 2) + 1];
    NX_TRY(nx_sha256(digest, nx_span_str(value)));
    nx_b64u_encode(text, nx_span_of(digest, NX_SHA256_LEN / 2));
    nx_jo_text(o, name, text);
    return NX_OK;
}

static NX_FALLIBLE put_asked_claims(struct nx_jo *o, const struct nx_mint *m)
{
    struct nx_claims asked;
    NX_TRY(nx_claims_unpack(&asked, m->grant->claims));
    if (!asked.id_token || !m->person) return NX_OK;
    NX_AUTO_JSON object = json_object();
    NX_NEED(object);
    NX_TRY(nx_claims_fill(object, m->house, m->arena, m->person, asked.id_token));
    return nx_jo_members(o, m->arena, object);
}

NX_FALLIBLE nx_mint_id_token(char **out, const struct nx_mint *m, const struct nx_id_token *t)
{
    struct nx_names names;
    struct nx_jo o;
    nx_time now = nx_now();
    NX_TRY(nx_mint_names(&names, m->house, m->arena, m->client, m->grant, NULL));
    nx_jo_open(&o, m->arena, NX_CLAIMS_JSON_MAX);
    nx_jo_text(&o, "iss", m->house->issuer);
    nx_jo_text(&o, "sub", names.sub);
    nx_jo_text(&o, "aud", m->client->id);
    nx_jo_number(&o, "exp", now + t->life_s);
    nx_jo_number(&o, "iat", now);
    nx_jo_text(&o, "nonce", t->nonce);
    nx_jo_text(&o, "sid", m->grant->sid);
    NX_TRY(put_hash(&o, "at_hash", t->access_token));
    NX_TRY(put_hash(&o, "c_hash", t->code));
    NX_TRY(nx_mint_binding(&o, m->house, m->arena, m->grant, names.sector));
    NX_TRY(put_asked_claims(&o, m));
    nx_span payload;
    NX_TRY(nx_jo_done(&payload, &o));
    return nx_jws_sign(out, m->arena, m->house->keyring, nx_mint_key_use(m->client->id_token_alg), "JWT",
                       payload);
}
