#include "house/house.h"

#include "registry/epoch.h"
#include "registry/keys.h"
#include "registry/meta.h"

#include <stdio.h>
#include <stdlib.h>

#define TEXTS_MAX (64u << 10)
#define ANCHORS_MAX (1u << 20)
#define READERS 8
#define CONNECTIONS 8
#define SCHEME "https://"
#define DAY 86400

/* A card is good until its identity expires, and this is the operator's to say. */
static struct nx_keyring_terms keyring_terms(const struct nx_settings *s)
{
    return (struct nx_keyring_terms){.publish_s = (int32_t)s->key_publish_s,
                                     .rotate_s = (int32_t)s->key_rotate_s,
                                     .retire_s = {[NX_USE_QR] = (int32_t)s->qr_identity_ttl_s + DAY}};
}

static nx_result epoch_load(void *ctx, char kind, const char *id, int64_t *value)
{
    return nx_registry_epoch_load(ctx, kind, id, value);
}

/* Cookies know no ports: on the issuer's host it is the same browser. */
static const char *mtls_origin(struct nx_house *h, const struct nx_settings *s)
{
    const char *port = strrchr(s->mtls_listen, ':'), *host = h->issuer_host;
    const char *end = strrchr(host, ':');
    if (!port) return NULL;
    int n = (int)(end && !strchr(end, ']') ? (size_t)(end - host) : strlen(host));
    return nx_arena_printf(h->arena, strcmp(port, ":443") == 0 ? "https://%.*s" : "https://%.*s%s", n, host, port);
}

static nx_result make_texts(struct nx_house *h, const struct nx_house_parts *p)
{
    const char *issuer = p->settings->issuer;
    size_t n = strlen(issuer);
    nx_span scheme = NX_LIT(SCHEME);
    NX_REQUIRE(nx_span_starts(nx_span_str(issuer), scheme) && issuer[n - 1] != '/', NX_ERR_SETTING_VALUE);
    h->issuer = nx_arena_strdup(h->arena, issuer);
    h->issuer_host = nx_arena_strdup(h->arena, issuer + scheme.n);
    h->mtls_origin = mtls_origin(h, p->settings);
    h->admin_audience = nx_arena_printf(h->arena, "%s/admin", issuer);
    h->data = nx_arena_strdup(h->arena, p->data ? p->data : p->settings->data);
    h->loopback = nx_settings_loopback(p->settings);
    NX_REQUIRE(!nx_arena_failed(h->arena), NX_ERR_MEMORY);
    return NX_OK;
}

static nx_result open_registry(struct nx_house *h, const struct nx_house_parts *p)
{
    const char *url = p->database ? p->database : p->settings->database;
    if (!url[0]) url = nx_arena_printf(h->arena, "sqlite:%s/registry.db", h->data);
    NX_NEED(url);
    return nx_registry_open(&h->registry, url, p->readers ? p->readers : READERS);
}

static nx_result settle(struct nx_house *h)
{
    const char *issuer;
    int64_t shards;
    NX_TRY(nx_meta_settle(h->registry, h->arena, NX_META_ISSUER, h->issuer, &issuer));
    NX_REQUIRE(strcmp(issuer, h->issuer) == 0, NX_ERR_HOUSE_ISSUER);
    NX_TRY(nx_meta_settle(h->registry, h->arena, NX_META_SHARDS, "1", &issuer));
    NX_TRY(nx_meta_number(h->registry, NX_META_SHARDS, 0, &shards));
    NX_REQUIRE(shards >= 1 && shards <= NX_SHARDS_MAX, NX_ERR_REGISTRY);
    h->shards = (int)shards;
    return NX_OK;
}

static nx_result open_keys(struct nx_house *h)
{
    struct nx_key_store rows = nx_registry_key_store(h->registry);
    struct nx_keyring_terms terms = keyring_terms(h->settings);
    NX_TRY(nx_master_open(&h->master, h->data));
    return nx_keyring_open(&h->keyring, h->master, &rows, &terms);
}

static nx_result open_store(struct nx_house *h, const struct nx_house_parts *p)
{
    const char *url = p->store ? p->store : h->settings->redis;
    if (!url[0]) url = nx_arena_printf(h->arena, "unix:%s/run/redis.sock", h->data);
    NX_NEED(url);
    const struct nx_store_options o = {
        .url = url,
        .master = h->master,
        .shards = (unsigned)h->shards,
        .connections = p->connections ? p->connections : CONNECTIONS,
        .epochs = {.load = epoch_load, .ctx = h->registry},
        .watched = p->watched,
    };
    return nx_store_open(&h->store, &o);
}

static const char *or_null(const char *s)
{
    return s[0] ? s : NULL;
}

static nx_result open_egress(struct nx_house *h)
{
    const char *own = nx_arena_printf(h->arena, "%s/certs/ca.pem", h->data);
    NX_NEED(own);
    const struct nx_egress_settings s = {
        .ca_file = or_null(h->settings->ca),
        .own_ca_file = own,
        .allow = or_null(h->settings->egress_allow),
        .http_hosts = or_null(h->settings->egress_http),
    };
    return nx_egress_open(&h->egress, &s);
}

/* A path that is a setting; relative ones are the data folder's. */
static nx_result read_whole(nx_span *out, nx_arena *a, const char *path)
{
    FILE *f = fopen(path, "rb");
    NX_REQUIRE(f, NX_ERR_IO);
    char *bytes = nx_arena_alloc(a, ANCHORS_MAX);
    size_t n = bytes ? fread(bytes, 1, ANCHORS_MAX, f) : 0;
    bool whole = bytes && feof(f);
    (void)fclose(f);
    NX_NEED(bytes);
    NX_REQUIRE(whole, NX_ERR_LIMIT);
    *out = nx_span_of(bytes, n);
    return NX_OK;
}

static nx_result read_anchors(nx_anchors **out, const char *file, const char *policies)
{
    nx_span pem;
    if (!file[0]) return NX_OK;
    NX_AUTO(nx_arena) a = nx_arena_open(2 * ANCHORS_MAX);
    NX_NEED(a);
    NX_TRY(read_whole(&pem, a, file));
    return nx_anchors_open(out, pem, policies);
}

static nx_result open_anchors(struct nx_house *h)
{
    const struct nx_settings *s = h->settings;
    NX_TRY(read_anchors(&h->client_anchors, s->client_ca, ""));
    return read_anchors(&h->person_anchors, s->person_ca, s->person_policies);
}

static nx_result open_all(struct nx_house *h, const struct nx_house_parts *p)
{
    NX_TRY(make_texts(h, p));
    NX_TRY(open_registry(h, p));
    NX_TRY(settle(h));
    NX_TRY(open_keys(h));
    NX_TRY(open_store(h, p));
    NX_TRY(open_anchors(h));
    nx_registry_tell(h->registry, p->egress && (h->settings->sms_gateway[0] || h->settings->email_gateway[0]));
    return p->egress ? open_egress(h) : NX_OK;
}

nx_result nx_house_open(struct nx_house **out, const struct nx_house_parts *p)
{
    struct nx_house *h = calloc(1, sizeof *h);
    NX_REQUIRE(h, NX_ERR_MEMORY);
    h->settings = p->settings;
    h->arena = nx_arena_open(TEXTS_MAX);
    nx_result opened = h->arena ? open_all(h, p) : nx_fail(NX_ERR_MEMORY, __func__, __LINE__);
    if (nx_ok(opened))
        *out = h;
    else
        nx_house_close(h);
    return opened;
}

void nx_house_close(struct nx_house *h)
{
    if (!h) return;
    if (h->egress) nx_egress_close(h->egress);
    nx_anchors_close(h->client_anchors);
    nx_anchors_close(h->person_anchors);
    nx_store_close(h->store);
    nx_keyring_close(h->keyring);
    nx_master_close(h->master);
    nx_registry_close(h->registry);
    nx_arena_close(h->arena);
    free(h);
}

int nx_house_shard(const struct nx_house *h, const char *id)
{
    return nx_store_shard(h->store, id);
}
