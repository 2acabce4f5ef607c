/* A pack of fields; a list is a field that holds packs, each behind its length (4 bytes, big endian). Keys are kept
 * as SubjectPublicKeyInfo: certificates were looked at once, when the metadata was read. */
#include "registry/saml_entity_pack.h"

#include "base/pack.h"

#include <openssl/err.h>
#include <openssl/x509.h>
#include <stdatomic.h>
#include <stdlib.h>

#define VERSION 1
#define ARENA_MAX (8 * NX_SAML_PACK_MAX)
#define LIST_MAX 256

enum tag {
    T_ACS = 1,
    T_SSO,
    T_SLO,
    T_ARTIFACT,
    T_KEYS,
    T_FORMATS,
    T_ATTRIBUTES,
    T_FLAGS,
    T_NAME,
    T_NAME_VI,
    T_ORGANISATION,
    T_HOME,
};
enum flag { F_REQUESTS_SIGNED = 1, F_WANTS_ASSERTIONS = 2, F_WANTS_REQUESTS = 4 };
/* Within the packs of a list. */
enum endpoint_tag { E_BINDING = 1, E_LOCATION, E_RESPONSE, E_INDEX, E_DEFAULT };
enum key_tag { K_USES = 1, K_SPKI, K_METHODS };
enum attribute_tag { A_NAME = 1, A_FORMAT, A_FRIENDLY, A_REQUIRED };

/* The public struct with what only this file touches. */
struct shared {
    nx_saml_entity entity;
    _Atomic unsigned references;
    nx_arena *arena;
};

NX_FALLIBLE nx_saml_entity_new(nx_saml_entity **out, nx_arena **a)
{
    struct shared *s = calloc(1, sizeof *s);
    NX_NEED(s);
    s->references = 1;
    s->arena = *a = nx_arena_open(ARENA_MAX);
    if (!s->arena) {
        free(s);
        NX_FAIL(NX_ERR_MEMORY);
    }
    *out = &s->entity;
    return NX_OK;
}

nx_saml_entity *nx_saml_entity_hold(nx_saml_entity *e)
{
    atomic_fetch_add(&((struct shared *)e)->references, 1);
    return e;
}

void nx_saml_entity_release(nx_saml_entity *e)
{
    if (!e) return;
    struct shared *s = (struct shared *)e;
    if (atomic_fetch_sub(&s->references, 1) > 1) return;
    for (size_t i = 0; i < e->key_count; i++)
        EVP_PKEY_free(e->key[i].key);
    nx_arena_close(s->arena);
    free(s);
}

/* Writing. `one` is the scratch of a list's packs. */

static void add_item(nx_buf *list, const nx_buf *one)
{
    size_t n = one->n;
    uint8_t head[4] = {(uint8_t)(n >> 24), (uint8_t)(n >> 16), (uint8_t)(n >> 8), (uint8_t)n};
    if (!nx_ok(nx_buf_done(one))) list->failed = one->failed;
    nx_buf_add(list, nx_span_of(head, sizeof head));
    nx_buf_add(list, nx_buf_span(one));
}

static void begin_item(nx_buf *one)
{
    one->n = 0;
    nx_pack_begin(one, VERSION);
}

static void add_texts(nx_buf *b, uint8_t tag, nx_arena *a, struct nx_strings texts)
{
    nx_buf list;
    nx_buf_init(&list, a, NX_SAML_PACK_MAX);
    for (size_t i = 0; i < texts.n; i++) {
        nx_buf_adds(&list, texts.v[i]);
        nx_buf_add(&list, NX_LIT("\n"));
    }
    if (!nx_ok(nx_buf_done(&list))) b->failed = list.failed;
    nx_pack_bytes(b, tag, nx_buf_span(&list));
}

static void add_list(nx_buf *b, uint8_t tag, const nx_buf *list)
{
    if (!nx_ok(nx_buf_done(list))) b->failed = list->failed;
    nx_pack_bytes(b, tag, nx_buf_span(list));
}

static void add_endpoints(nx_buf *b, uint8_t tag, nx_arena *a, struct nx_saml_endpoints from)
{
    nx_buf list, one;
    nx_buf_init(&list, a, NX_SAML_PACK_MAX);
    nx_buf_init(&one, a, NX_SAML_PACK_MAX);
    for (size_t i = 0; i < from.n; i++) {
        const struct nx_saml_endpoint *e = &from.v[i];
        begin_item(&one);
        nx_pack_number(&one, E_BINDING, e->binding);
        nx_pack_text(&one, E_LOCATION, e->location);
        if (strcmp(e->response_location, e->location) != 0)
            nx_pack_text(&one, E_RESPONSE, e->response_location);
        nx_pack_number(&one, E_INDEX, e->index);
        nx_pack_number(&one, E_DEFAULT, e->is_default);
        add_item(&list, &one);
    }
    add_list(b, tag, &list);
}

static void add_keys(nx_buf *b, nx_arena *a, const nx_saml_entity *e)
{
    nx_buf list, one;
    nx_buf_init(&list, a, NX_SAML_PACK_MAX);
    nx_buf_init(&one, a, NX_SAML_PACK_MAX);
    for (size_t i = 0; i < e->key_count; i++) {
        begin_item(&one);
        nx_pack_number(&one, K_USES, e->key[i].uses);
        nx_pack_bytes(&one, K_SPKI, e->key[i].spki);
        add_texts(&one, K_METHODS, a, e->key[i].methods);
        add_item(&list, &one);
    }
    add_list(b, T_KEYS, &list);
}

static void add_attributes(nx_buf *b, nx_arena *a, const nx_saml_entity *e)
{
    nx_buf list, one;
    nx_buf_init(&list, a, NX_SAML_PACK_MAX);
    nx_buf_init(&one, a, NX_SAML_PACK_MAX);
    for (size_t i = 0; i < e->attribute_count; i++) {
        begin_item(&one);
        nx_pack_text(&one, A_NAME, e->attribute[i].name);
        nx_pack_text(&one, A_FORMAT, e->attribute[i].format);
        nx_pack_text(&one, A_FRIENDLY, e->attribute[i].friendly);
        nx_pack_number(&one, A_REQUIRED, e->attribute[i].required);
        add_item(&list, &one);
    }
    add_list(b, T_ATTRIBUTES, &list);
}

static int64_t flags_of(const nx_saml_entity *e)
{
    return (e->requests_signed ? F_REQUESTS_SIGNED : 0) | (e->wants_assertions_signed ? F_WANTS_ASSERTIONS : 0) |
           (e->wants_requests_signed ? F_WANTS_REQUESTS : 0);
}

NX_FALLIBLE nx_saml_entity_pack(nx_span *out, nx_arena *a, const nx_saml_entity *e)
{
    nx_buf b;
    nx_buf_init(&b, a, NX_SAML_PACK_MAX);
    nx_pack_begin(&b, VERSION);
    add_endpoints(&b, T_ACS, a, e->acs);
    add_endpoints(&b, T_SSO, a, e->sso);
    add_endpoints(&b, T_SLO, a, e->slo);
    add_endpoints(&b, T_ARTIFACT, a, e->artifact);
    add_keys(&b, a, e);
    add_texts(&b, T_FORMATS, a, e->name_id_formats);
    add_attributes(&b, a, e);
    nx_pack_number(&b, T_FLAGS, flags_of(e));
    nx_pack_text(&b, T_NAME, e->name);
    nx_pack_text(&b, T_NAME_VI, e->name_vi);
    nx_pack_text(&b, T_ORGANISATION, e->organisation);
    nx_pack_text(&b, T_HOME, e->home);
    NX_TRY(nx_buf_done(&b));
    *out = nx_buf_span(&b);
    return NX_OK;
}

/* Reading. */

static bool next_item(nx_span *rest, nx_span *item)
{
    if (rest->n < 4) return false;
    const uint8_t *p = rest->p;
    size_t n = (size_t)p[0] << 24 | (size_t)p[1] << 16 | (size_t)p[2] << 8 | p[3];
    if (n > rest->n - 4) return false;
    *item = nx_span_of(p + 4, n);
    *rest = nx_span_from(*rest, 4 + n);
    return true;
}

/* How many items; NX_ERR_REGISTRY when they do not fill the field exactly. */
static nx_result count_items(size_t *count, nx_span list)
{
    nx_span item;
    for (*count = 0; next_item(&list, &item);)
        ++*count;
    NX_REQUIRE(list.n == 0 && *count <= LIST_MAX, NX_ERR_REGISTRY);
    return NX_OK;
}

static nx_result open_item(nx_pack *p, nx_span *rest)
{
    nx_span item;
    NX_REQUIRE(next_item(rest, &item), NX_ERR_REGISTRY);
    return nx_pack_open(p, item);
}

static nx_result get_texts(struct nx_strings *out, nx_arena *a, nx_span field)
{
    nx_span text;
    const char **v = nx_arena_new(a, const char *, LIST_MAX);
    NX_NEED(v);
    *out = (struct nx_strings){v, 0};
    while (field.n > 0 && nx_span_cut(&field, '\n', &text)) {
        NX_REQUIRE(out->n < LIST_MAX, NX_ERR_REGISTRY);
        NX_NEED(v[out->n++] = nx_arena_dup(a, text));
    }
    return NX_OK;
}

static nx_result get_endpoint(struct nx_saml_endpoint *e, nx_arena *a, const nx_pack *p)
{
    e->binding = (int)nx_pack_get_number(p, E_BINDING, -1);
    e->location = nx_pack_get_text(p, E_LOCATION, a);
    e->response_location = nx_pack_get_text(p, E_RESPONSE, a);
    if (!e->response_location) e->response_location = e->location;
    e->index = (int)nx_pack_get_number(p, E_INDEX, -1);
    e->is_default = nx_pack_get_number(p, E_DEFAULT, 0) != 0;
    NX_REQUIRE(e->location && e->binding >= 0, NX_ERR_REGISTRY);
    return NX_OK;
}

static nx_result get_endpoints(struct nx_saml_endpoints *out, nx_arena *a, nx_span field)
{
    NX_TRY(count_items(&out->n, field));
    struct nx_saml_endpoint *v = nx_arena_new(a, struct nx_saml_endpoint, out->n);
    NX_NEED(v);
    out->v = v;
    for (size_t i = 0; i < out->n; i++) {
        nx_pack p;
        NX_TRY(open_item(&p, &field));
        NX_TRY(get_endpoint(&v[i], a, &p));
    }
    return NX_OK;
}

/* e->key_count grows with each key that has been made, so that a release frees exactly those. */
static nx_result get_keys(nx_saml_entity *e, nx_arena *a, nx_span field)
{
    size_t n;
    NX_TRY(count_items(&n, field));
    struct nx_saml_key *v = nx_arena_new(a, struct nx_saml_key, n);
    NX_NEED(v);
    e->key = v;
    for (e->key_count = 0; e->key_count < n; e->key_count++) {
        struct nx_saml_key *k = &v[e->key_count];
        nx_pack p;
        NX_TRY(open_item(&p, &field));
        nx_span spki = nx_pack_get(&p, K_SPKI);
        k->uses = (unsigned)nx_pack_get_number(&p, K_USES, 0);
        NX_TRY(get_texts(&k->methods, a, nx_pack_get(&p, K_METHODS)));
        NX_NEED(k->spki.p = (const uint8_t *)nx_arena_dup(a, spki));
        k->spki.n = spki.n;
        const uint8_t *at = k->spki.p;
        k->key = d2i_PUBKEY(NULL, &at, (long)k->spki.n);
        if (!k->key) ERR_clear_error();
        NX_REQUIRE(k->key, NX_ERR_REGISTRY);
    }
    return NX_OK;
}

static nx_result get_attributes(nx_saml_entity *e, nx_arena *a, nx_span field)
{
    NX_TRY(count_items(&e->attribute_count, field));
    struct nx_saml_attribute *v = nx_arena_new(a, struct nx_saml_attribute, e->attribute_count);
    NX_NEED(v);
    e->attribute = v;
    for (size_t i = 0; i < e->attribute_count; i++) {
        nx_pack p;
        NX_TRY(open_item(&p, &field));
        v[i].name = nx_pack_get_text(&p, A_NAME, a);
        v[i].format = nx_pack_get_text(&p, A_FORMAT, a);
        v[i].friendly = nx_pack_get_text(&p, A_FRIENDLY, a);
        v[i].required = nx_pack_get_number(&p, A_REQUIRED, 0) != 0;
        NX_REQUIRE(v[i].name, NX_ERR_REGISTRY);
    }
    return NX_OK;
}

NX_FALLIBLE nx_saml_entity_unpack(nx_saml_entity *e, nx_arena *a, nx_span bytes)
{
    nx_pack p;
    NX_REQUIRE(nx_ok(nx_pack_open(&p, bytes)), NX_ERR_REGISTRY);
    NX_TRY(get_endpoints(&e->acs, a, nx_pack_get(&p, T_ACS)));
    NX_TRY(get_endpoints(&e->sso, a, nx_pack_get(&p, T_SSO)));
    NX_TRY(get_endpoints(&e->slo, a, nx_pack_get(&p, T_SLO)));
    NX_TRY(get_endpoints(&e->artifact, a, nx_pack_get(&p, T_ARTIFACT)));
    NX_TRY(get_keys(e, a, nx_pack_get(&p, T_KEYS)));
    NX_TRY(get_texts(&e->name_id_formats, a, nx_pack_get(&p, T_FORMATS)));
    NX_TRY(get_attributes(e, a, nx_pack_get(&p, T_ATTRIBUTES)));
    int64_t flags = nx_pack_get_number(&p, T_FLAGS, 0);
    e->requests_signed = flags & F_REQUESTS_SIGNED;
    e->wants_assertions_signed = flags & F_WANTS_ASSERTIONS;
    e->wants_requests_signed = flags & F_WANTS_REQUESTS;
    e->name = nx_pack_get_text(&p, T_NAME, a);
    e->name_vi = nx_pack_get_text(&p, T_NAME_VI, a);
    e->organisation = nx_pack_get_text(&p, T_ORGANISATION, a);
    e->home = nx_pack_get_text(&p, T_HOME, a);
    NX_REQUIRE(!nx_arena_failed(a), NX_ERR_LIMIT);
    return NX_OK;
}
