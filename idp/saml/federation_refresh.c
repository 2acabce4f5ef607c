/* Metadata that is fetched again before its time is over. What cannot be fetched stays until its validUntil. */
#include "saml/federation.h"

#include "base/log.h"
#include "house/house.h"
#include "saml/entity_register.h"

#define AT_A_TIME 1 /* the server may have to stop in between */
#define ARENA_MAX (16u << 20)
#define INTERVAL_S 21600 /* where the metadata says nothing */
#define INTERVAL_MIN_S 60
#define INTERVAL_MAX_S 86400
#define RETRY_S 60
#define RETRY_MAX_S 3600
#define ACTOR "system"

static int64_t within(int64_t value, int64_t least, int64_t most)
{
    return value < least ? least : value > most ? most : value;
}

nx_time nx_saml_refresh_at(const nx_saml_entity *e, nx_time now)
{
    int64_t interval = e->cache_duration ? e->cache_duration / 4 * 3 : INTERVAL_S;
    int64_t left = e->valid_until ? (e->valid_until - now) / 2 : interval;
    if (left < interval) interval = left;
    return now + within(interval, INTERVAL_MIN_S, INTERVAL_MAX_S);
}

static nx_time retry_at(const struct nx_saml_row *row, nx_time now)
{
    int64_t wait = RETRY_S;
    for (int64_t i = 0; i < row->failures && wait < RETRY_MAX_S; i++)
        wait *= 2;
    return now + within(wait, RETRY_S, RETRY_MAX_S);
}

static NX_FALLIBLE remote_of(struct nx_saml_remote *out, struct nx_house *house, nx_arena *a,
                             const struct nx_saml_row *row)
{
    *out = (struct nx_saml_remote){.url = row->url, .entity_id = row->entity_id, .pin = row->pin};
    if (row->source != NX_SAML_MDQ) return NX_OK;
    NX_REQUIRE(house->settings->saml_mdq[0], NX_ERR_SAML_UNKNOWN);
    out->federation = true;
    NX_TRY(nx_saml_mdq_url(&out->url, a, house->settings->saml_mdq, nx_span_str(row->entity_id)));
    return nx_saml_federation_pin(&out->pin, house, a);
}

static NX_FALLIBLE store(struct nx_house *house, nx_arena *a, const struct nx_saml_row *row,
                         const struct nx_saml_fetched *got, const char *url)
{
    nx_time refresh = nx_saml_refresh_at(got->entity, nx_now());
    const struct nx_saml_registration what = {.entity = got->entity,
                                              .xml = got->xml,
                                              .source = row->source,
                                              .url = url,
                                              .pin = got->pin,
                                              .refresh = refresh,
                                              .actor = ACTOR};
    NX_REQUIRE(row->role == NX_SAML_SP || nx_saml_entity_signs_on(got->entity), NX_ERR_SAML_METADATA);
    if (row->role == NX_SAML_SP) return nx_saml_reregister(house, a, row->owner, &what, row->version, false);
    const struct nx_saml_record record = {.parsed = got->entity,
                                          .xml = got->xml,
                                          .owner = row->owner,
                                          .source = row->source,
                                          .url = url,
                                          .pin = got->pin,
                                          .refresh = refresh};
    return nx_saml_entity_replace(house->registry, &record, row->version);
}

static bool same_document(const struct nx_saml_row *row, nx_span xml)
{
    uint8_t digest[NX_SHA256_LEN];
    char hex[2 * NX_SHA256_LEN + 1];
    if (xml.n == 0) return false; /* one of an aggregate, which is not kept */
    if (!nx_ok(nx_sha256(digest, xml))) return false;
    nx_hex_encode(hex, nx_span_of(digest, sizeof digest));
    return strcmp(hex, row->digest) == 0;
}

static NX_FALLIBLE fetch_again(struct nx_house *house, nx_arena *a, const struct nx_saml_row *row)
{
    struct nx_saml_remote from;
    struct nx_saml_fetched got;
    struct nx_saml_findings found;
    NX_TRY(remote_of(&from, house, a, row));
    NX_TRY(nx_saml_fetch(&got, house, a, &from, row->role, &found));
    nx_result done = same_document(row, got.xml)
                         ? nx_saml_entity_tried(house->registry, row->owner, row->role,
                                                nx_saml_refresh_at(got.entity, nx_now()), got.entity->valid_until, NULL)
                         : store(house, a, row, &got, from.url);
    nx_saml_entity_forget(got.entity);
    return done;
}

/* A version that changed meanwhile is somebody's newer act, and no failure. */
NX_FALLIBLE nx_saml_refresh_one(struct nx_house *house, const struct nx_saml_row *row)
{
    NX_AUTO(nx_arena) a = nx_arena_open(ARENA_MAX);
    NX_NEED(a);
    nx_result r = fetch_again(house, a, row);
    if (nx_ok(r) || r.e == NX_ERR_VERSION || r.e == NX_ERR_NOT_FOUND) return NX_OK;
    nx_log(NX_WARN, "saml_metadata_stays", NX_TEXT("owner", row->owner), NX_TEXT("error", nx_err_name(r.e)));
    return nx_saml_entity_tried(house->registry, row->owner, row->role, retry_at(row, nx_now()), row->valid_until,
                                nx_err_name(r.e));
}

NX_FALLIBLE nx_saml_refresh(struct nx_house *house, bool *more)
{
    struct nx_saml_page page;
    NX_AUTO(nx_arena) a = nx_arena_open(1u << 20);
    NX_NEED(a);
    *more = false;
    NX_TRY(nx_saml_rows_due(house->registry, a, nx_now(), AT_A_TIME, &page));
    for (size_t i = 0; i < page.n; i++)
        NX_TRY(nx_saml_refresh_one(house, &page.v[i]));
    *more = page.more;
    return NX_OK;
}
