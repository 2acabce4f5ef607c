#include "oidc/register.h"

#include "base/text.h"
#include "crypto/random.h"
#include "crypto/secret_digest.h"
#include "house/house.h"
#include "oidc/client_metadata.h"
#include "oidc/json_out.h"
#include "registry/audit.h"
#include "registry/client.h"
#include "revoke/revoke.h"

#define ANSWER_MAX (48u << 10)

/* What a registration makes besides the metadata. Secrets stand here until the answer is written. */
struct made {
    nx_id id;
    nx_secret secret;
    nx_secret token;
    uint8_t secret_digest[NX_SHA256_LEN];
    uint8_t token_digest[NX_SHA256_LEN];
};

static void made_wipe(struct made *m)
{
    nx_wipe(m, sizeof *m);
}
#define AUTO_MADE(name) __attribute__((cleanup(made_wipe))) struct made name = {.secret = {.n = 0}}

static bool wants_secret(const json_t *metadata)
{
    return strncmp(nx_json_str(metadata, "token_endpoint_auth_method"), "client_secret_", 14) == 0;
}

static NX_FALLIBLE make_secret(nx_secret *secret, uint8_t digest[NX_SHA256_LEN])
{
    NX_TRY(nx_secret_make(secret));
    return nx_secret_digest(digest, nx_secret_expose(secret));
}

static nx_span digest_span(const nx_secret *secret, const uint8_t digest[NX_SHA256_LEN])
{
    return secret->n ? nx_span_of(digest, NX_SHA256_LEN) : NX_SPAN_NONE;
}

static const char *revealed(nx_arena *a, const nx_secret *s)
{
    return s->n ? nx_arena_dup(a, nx_secret_expose(s)) : NULL;
}

/* RFC 7591 section 3.2.1, RFC 7592 section 3. The secret stands in it only when it was made just now. */
static NX_FALLIBLE write_answer(nx_span *json, struct nx_house *house, nx_arena *a, const char *id,
                                nx_time created, const json_t *metadata, const struct made *made)
{
    struct nx_jo o;
    nx_jo_open(&o, a, ANSWER_MAX);
    nx_jo_text(&o, "client_id", id);
    nx_jo_number(&o, "client_id_issued_at", created);
    if (made) nx_jo_text(&o, "client_secret", revealed(a, &made->secret));
    if (wants_secret(metadata)) nx_jo_number(&o, "client_secret_expires_at", 0);
    if (made) nx_jo_text(&o, "registration_access_token", revealed(a, &made->token));
    nx_jo_text(&o, "registration_client_uri", nx_arena_printf(a, "%s/oidc/register/%s", house->issuer, id));
    NX_TRY(nx_jo_members(&o, a, metadata));
    return nx_jo_done(json, &o);
}

static NX_FALLIBLE read_metadata(json_t **kept, struct nx_metadata_check *c, nx_span text)
{
    NX_AUTO_JSON sent = NULL;
    nx_result r = nx_json_parse_object(&sent, text);
    if (!nx_ok(r)) return nx_metadata_refuse(c, NX_ERR_CLIENT_METADATA, "the body", "must be a JSON object");
    return nx_client_metadata(kept, c, sent);
}

static NX_FALLIBLE audit(struct nx_house *house, nx_arena *a, const char *actor, const char *type,
                         const char *id)
{
    const char *detail = nx_arena_printf(a, "{\"client\":\"%s\"}", id);
    NX_NEED(detail);
    return nx_audit_append(house->registry,
                           &(struct nx_audit_entry){.actor = actor, .type = type, .detail = detail});
}

static NX_FALLIBLE fill_record(struct nx_client_record *record, struct nx_metadata_check *c,
                               const json_t *kept, const char *id)
{
    *record =
        (struct nx_client_record){.id = id, .metadata = nx_json_dump(c->arena, kept), .purpose_version = 1};
    NX_NEED(record->metadata);
    bool pub = strcmp(nx_json_str(kept, "subject_type"), "public") == 0;
    record->subject_type = pub ? NX_SUBJECT_PUBLIC : NX_SUBJECT_PAIRWISE;
    NX_TRY(nx_client_sector(&record->sector, c, kept));
    if (!record->sector)
        record->sector = id; /* a client that people never come back to is a sector of its own */
    return NX_OK;
}

static NX_FALLIBLE create(struct nx_house *house, nx_arena *a, const struct nx_registrar *by,
                          const struct nx_client_record *record)
{
    char id[NX_CLIENT_ID_MAX + 1];
    NX_AUTO_CHANGE(change);
    NX_TRY(nx_registry_begin(&change, house->registry, NX_DURABLE));
    NX_TRY(nx_client_record_create(house->registry, record, id));
    NX_TRY(audit(house, a, by->actor, record->legal_basis ? "client.created-legal-basis" : "client.created",
                 id));
    return nx_registry_commit(&change);
}

NX_FALLIBLE nx_client_register(nx_span *json, const char **why, struct nx_house *house, nx_arena *a,
                               const struct nx_registrar *by, nx_span metadata)
{
    struct nx_metadata_check c = {.house = house, .arena = a, .by_hand = by->by_hand};
    AUTO_MADE(made);
    NX_AUTO_JSON kept = NULL;
    nx_result r = read_metadata(&kept, &c, metadata);
    *why = c.why;
    NX_TRY(r);
    NX_TRY(nx_id_make(&made.id));
    if (wants_secret(kept)) NX_TRY(make_secret(&made.secret, made.secret_digest));
    NX_TRY(make_secret(&made.token, made.token_digest));
    struct nx_client_record record;
    r = fill_record(&record, &c, kept, made.id.s);
    *why = c.why;
    NX_TRY(r);
    record.secret_digest = digest_span(&made.secret, made.secret_digest);
    record.registration_digest = nx_span_of(made.token_digest, NX_SHA256_LEN);
    record.owner = by->actor;
    record.legal_basis = by->legal_basis;
    NX_TRY(create(house, a, by, &record));
    return write_answer(json, house, a, made.id.s, nx_now(), kept, &made);
}

static NX_FALLIBLE get(nx_client **out, struct nx_house *house, const char *client_id)
{
    NX_REQUIRE(client_id && strlen(client_id) <= NX_CLIENT_ID_MAX, NX_ERR_NOT_FOUND);
    return nx_client_get(house->registry, nx_span_str(client_id), out);
}

/* RFC 7592 section 2: an unknown client and a wrong token get one answer. */
NX_FALLIBLE nx_client_manager(struct nx_house *house, nx_arena *a, const char *client_id, nx_span bearer)
{
    (void)a;
    NX_AUTO(nx_client) c = NULL;
    nx_result r = get(&c, house, client_id);
    NX_REQUIRE(r.e != NX_ERR_NOT_FOUND, NX_ERR_TOKEN_INVALID);
    NX_TRY(r);
    NX_REQUIRE(c->registration_digest.n == NX_SHA256_LEN, NX_ERR_TOKEN_INVALID);
    NX_REQUIRE(nx_ok(nx_secret_check(c->registration_digest, bearer)), NX_ERR_TOKEN_INVALID);
    return NX_OK;
}

NX_FALLIBLE nx_client_show(nx_span *json, struct nx_house *house, nx_arena *a, const char *client_id)
{
    NX_AUTO(nx_client) c = NULL;
    NX_TRY(get(&c, house, client_id));
    return write_answer(json, house, a, c->id, c->created, c->metadata, NULL);
}

/*= RFC 7592 2.2
 *# The client MUST include its "client_id" field in the request, and it MUST be the same as its
 *# currently issued client identifier. [...] MUST NOT include the "registration_access_token",
 *# "registration_client_uri", "client_secret_expires_at", or "client_id_issued_at" fields */
static NX_FALLIBLE check_replacement(struct nx_metadata_check *c, const nx_client *old, nx_span text)
{
    static const char *const ours[] = {"registration_access_token", "registration_client_uri",
                                       "client_secret_expires_at", "client_id_issued_at"};
    NX_AUTO_JSON sent = NULL;
    if (!nx_ok(nx_json_parse_object(&sent, text)))
        return nx_metadata_refuse(c, NX_ERR_CLIENT_METADATA, "the body", "must be a JSON object");
    const char *id = nx_json_str(sent, "client_id"), *secret = nx_json_str(sent, "client_secret");
    if (!id || strcmp(id, old->id) != 0)
        return nx_metadata_refuse(c, NX_ERR_CLIENT_METADATA, "client_id", "must be the client's own");
    for (size_t i = 0; i < sizeof ours / sizeof ours[0]; i++)
        if (json_object_get(sent, ours[i]))
            return nx_metadata_refuse(c, NX_ERR_CLIENT_METADATA, ours[i], "cannot be set by the client");
    if (secret && !nx_ok(nx_secret_check(old->secret_digest, nx_span_str(secret))))
        return nx_metadata_refuse(c, NX_ERR_CLIENT_METADATA, "client_secret", "is not the client's own");
    return NX_OK;
}

/* A member with its translations ("nixa_purpose#vi"). */
static bool within(const json_t *x, const json_t *y, const char *member)
{
    const char *name;
    json_t *v;
    size_t n = strlen(member);
    json_object_foreach((json_t *)(uintptr_t)x, name,
                        v) if (strncmp(name, member, n) == 0 && (name[n] == 0 || name[n] == '#') &&
                               !json_equal(v, json_object_get(y, name))) return false;
    return true;
}

static bool same_member(const json_t *x, const json_t *y, const char *member)
{
    return within(x, y, member) && within(y, x, member);
}

/* What operators give (rules 12, 13, 18), and with a legal basis everything that it covers: there nobody is
 * asked whether more is right (rule 16). */
static NX_FALLIBLE check_itself(struct nx_metadata_check *c, const nx_client *old, const json_t *kept)
{
    static const struct {
        const char *member;
        bool always;
    } given[] = {{"nixa_audience", true}, {"nixa_introspects", true}, {"nixa_organisation", true},
                 {"nixa_profile", true},  {"nixa_resources", true},   {"scope", true},
                 {"subject_type", true},  {"redirect_uris", false},   {"sector_identifier_uri", false},
                 {"nixa_purpose", false}};
    for (size_t i = 0; i < sizeof given / sizeof given[0]; i++)
        if ((given[i].always || old->legal_basis) && !same_member(old->metadata, kept, given[i].member))
            return nx_metadata_refuse(c, NX_ERR_CLIENT_METADATA, given[i].member,
                                      "is changed by operators only");
    return NX_OK;
}

static NX_FALLIBLE replace(struct nx_house *house, nx_arena *a, const struct nx_registrar *by,
                           const struct nx_client_record *record, int64_t version)
{
    NX_AUTO_CHANGE(change);
    NX_TRY(nx_registry_begin(&change, house->registry, NX_DURABLE));
    NX_TRY(nx_client_record_replace(house->registry, record, version));
    NX_TRY(audit(house, a, by->actor, "client.replaced", record->id));
    return nx_registry_commit(&change);
}

static NX_FALLIBLE replace_with(nx_span *json, struct nx_metadata_check *c, const struct nx_registrar *by,
                                const nx_client *old, nx_span metadata)
{
    AUTO_MADE(made);
    NX_AUTO_JSON kept = NULL;
    struct nx_client_record record;
    NX_TRY(check_replacement(c, old, metadata));
    NX_TRY(read_metadata(&kept, c, metadata));
    if (by->itself) NX_TRY(check_itself(c, old, kept));
    NX_TRY(fill_record(&record, c, kept, old->id));
    record.secret_digest = wants_secret(kept) ? old->secret_digest : NX_SPAN_NONE;
    if (wants_secret(kept) && old->secret_digest.n == 0) {
        NX_TRY(make_secret(&made.secret, made.secret_digest));
        record.secret_digest = digest_span(&made.secret, made.secret_digest);
    }
    record.secret_expires = old->secret_expires;
    record.registration_digest = old->registration_digest;
    record.owner = old->owner;
    record.legal_basis = old->legal_basis;
    record.purpose_version = old->purpose_version + !same_member(old->metadata, kept, "nixa_purpose");
    NX_TRY(replace(c->house, c->arena, by, &record, old->version));
    return write_answer(json, c->house, c->arena, old->id, old->created, kept, &made);
}

NX_FALLIBLE nx_client_replace(nx_span *json, const char **why, struct nx_house *house, nx_arena *a,
                              const struct nx_registrar *by, const char *client_id, nx_span metadata)
{
    NX_AUTO(nx_client) old = NULL;
    struct nx_metadata_check c = {.house = house, .arena = a, .by_hand = by->by_hand};
    NX_TRY(get(&old, house, client_id));
    nx_result r = replace_with(json, &c, by, old, metadata);
    *why = c.why;
    return r;
}

/* Everything that it holds dies with it (RFC 7592 section 2.3), durably and before the answer. */
NX_FALLIBLE nx_client_delete(struct nx_house *house, nx_arena *a, const char *actor, const char *client_id)
{
    struct nx_revoke_order order = {.act = NX_REVOKE,
                                    .scope = NX_REVOKE_CLIENT,
                                    .target = client_id,
                                    .reason = "client deleted",
                                    .actor = actor};
    NX_TRY(nx_revoke(house, a, &order, NULL));
    NX_AUTO_CHANGE(change);
    NX_TRY(nx_registry_begin(&change, house->registry, NX_DURABLE));
    NX_TRY(nx_client_record_delete(house->registry, client_id));
    NX_TRY(audit(house, a, actor, "client.deleted", client_id));
    return nx_registry_commit(&change);
}
