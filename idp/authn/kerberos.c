/* Accepting tickets. The library's acceptor credential is kept until its keytab file changes; it is used by
 * one thread at a time, since an acceptance costs a fraction of a millisecond and nothing waits inside it. */
#include "authn/kerberos.h"

#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "base/text.h"
#include "crypto/digest.h"
#include "policies/level.h"
#include "sessions/guard.h"

#include <gssapi/gssapi_ext.h>
#include <gssapi/gssapi_krb5.h>
#include <pthread.h>
#include <sys/stat.h>

#define PATH_LEN_MAX 4096
#define REALM_MAX 128
#define SERVICE_MAX 512
#define REPLAY_S                                                                                             \
    900 /* longer than a ticket's authenticator is taken by any usual clockskew (300 s both ways) */

/* ---- the row
 * --------------------------------------------------------------------------------------------- */

static bool text_ok(const char *s, size_t max)
{
    return s && *s && strlen(s) <= max && nx_ascii_printable(nx_span_str(s));
}

nx_result nx_kerberos_row_parse(struct nx_kerberos_row *out, const json_t *config, const char **why)
{
    *out = (struct nx_kerberos_row){.keytab = nx_json_str(config, "keytab"),
                                    .realm = nx_json_str(config, "realm"),
                                    .service = nx_json_str(config, "service"),
                                    .instances = nx_json_bool(config, "instances", false)};
    *why = "keytab must be an absolute path";
    NX_REQUIRE(text_ok(out->keytab, PATH_LEN_MAX) && out->keytab[0] == '/', NX_ERR_UPSTREAM_CONFIG);
    *why = "realm is missing or too long";
    NX_REQUIRE(text_ok(out->realm, REALM_MAX) && !strpbrk(out->realm, "@/\\"), NX_ERR_UPSTREAM_CONFIG);
    *why = "service must be a principal, HTTP/host or HTTP/host@REALM";
    NX_REQUIRE(!out->service || (text_ok(out->service, SERVICE_MAX) && strchr(out->service, '/')),
               NX_ERR_UPSTREAM_CONFIG);
    *why = NULL;
    return NX_OK;
}

/* ---- the acceptor's credential
 * --------------------------------------------------------------------------- */

static struct {
    pthread_mutex_t lock;
    gss_cred_id_t credential;
    uint8_t key[NX_SHA256_LEN]; /* of the row's part in it and the state of its file */
} acceptor = {.lock = PTHREAD_MUTEX_INITIALIZER, .credential = GSS_C_NO_CREDENTIAL};

static nx_result look_at_keytab(struct stat *st, const struct nx_kerberos_row *row)
{
    bool usable = stat(row->keytab, st) == 0 && S_ISREG(st->st_mode) && (st->st_mode & S_IRWXO) == 0;
    if (!usable) nx_log(NX_ERROR, "keytab", NX_TEXT("why", "not there, or open to everybody"));
    NX_REQUIRE(usable, NX_ERR_UPSTREAM_CONFIG);
    return NX_OK;
}

static nx_result key_of(uint8_t key[NX_SHA256_LEN], const struct nx_house *house,
                        const struct nx_kerberos_row *row)
{
    struct stat st;
    NX_TRY(look_at_keytab(&st, row));
    const nx_span parts[] = {nx_span_str(row->keytab),
                             nx_span_str(row->service),
                             nx_span_str(house->data),
                             nx_span_of(&st.st_ino, sizeof st.st_ino),
                             nx_span_of(&st.st_size, sizeof st.st_size),
                             nx_span_of(&st.st_mtim, sizeof st.st_mtim)};
    return nx_sha256_parts(key, parts, sizeof parts / sizeof parts[0]);
}

static gss_name_t service_name(const struct nx_kerberos_row *row)
{
    OM_uint32 minor;
    gss_name_t name = GSS_C_NO_NAME;
    if (!row->service) return GSS_C_NO_NAME;
    gss_buffer_desc text = {.length = strlen(row->service), .value = (void *)row->service};
    (void)gss_import_name(&minor, &text, GSS_KRB5_NT_PRINCIPAL_NAME, &name);
    return name;
}

/* Kerberos alone, plain or inside SPNEGO: no other mechanism of the library is ever offered a token. */
static bool restrict_mechanisms(gss_cred_id_t credential)
{
    OM_uint32 minor;
    gss_OID_set_desc only = {.count = 1, .elements = (gss_OID)gss_mech_krb5};
    return gss_set_neg_mechs(&minor, credential, &only) == GSS_S_COMPLETE;
}

static gss_cred_id_t acquire(const struct nx_house *house, nx_arena *a, const struct nx_kerberos_row *row)
{
    static gss_OID_desc spnego = {.length = 6, .elements = (void *)"\x2b\x06\x01\x05\x05\x02"};
    OM_uint32 minor;
    gss_cred_id_t credential = GSS_C_NO_CREDENTIAL;
    gss_OID_desc both[2] = {*gss_mech_krb5, spnego};
    gss_OID_set_desc mechanisms = {.count = 2, .elements = both};
    gss_key_value_element_desc places[] = {
        {.key = "keytab", .value = nx_arena_printf(a, "FILE:%s", row->keytab)},
        {.key = "rcache", .value = nx_arena_printf(a, "file2:%s/negotiate.rcache", house->data)},
    };
    const gss_key_value_set_desc store = {.count = 2, .elements = places};
    gss_name_t name = service_name(row);
    if ((row->service && name == GSS_C_NO_NAME) || !places[0].value || !places[1].value) return credential;
    OM_uint32 major = gss_acquire_cred_from(&minor, name, GSS_C_INDEFINITE, &mechanisms, GSS_C_ACCEPT, &store,
                                            &credential, NULL, NULL);
    if (name != GSS_C_NO_NAME) (void)gss_release_name(&minor, &name);
    if (major == GSS_S_COMPLETE && restrict_mechanisms(credential)) return credential;
    if (credential != GSS_C_NO_CREDENTIAL) (void)gss_release_cred(&minor, &credential);
    return GSS_C_NO_CREDENTIAL;
}

/* The lock is held. */
static nx_result ready(struct nx_house *house, nx_arena *a, const struct nx_kerberos_row *row)
{
    OM_uint32 minor;
    uint8_t key[NX_SHA256_LEN];
    NX_TRY(key_of(key, house, row));
    bool same = acceptor.credential != GSS_C_NO_CREDENTIAL && nx_ct_equal_n(key, acceptor.key, sizeof key);
    if (same) return NX_OK;
    if (acceptor.credential != GSS_C_NO_CREDENTIAL) (void)gss_release_cred(&minor, &acceptor.credential);
    acceptor.credential = acquire(house, a, row);
    if (acceptor.credential == GSS_C_NO_CREDENTIAL)
        nx_log(NX_ERROR, "keytab", NX_TEXT("why", "no key of it can be used"));
    NX_REQUIRE(acceptor.credential != GSS_C_NO_CREDENTIAL, NX_ERR_UPSTREAM_CONFIG);
    memcpy(acceptor.key, key, sizeof key);
    return NX_OK;
}

/* ---- accepting
 * ------------------------------------------------------------------------------------------- */

struct accepted {
    gss_ctx_id_t context;
    gss_name_t client;
    gss_OID mechanism;
    gss_buffer_desc answer;
    OM_uint32 flags;
    OM_uint32 left_s;
};

static void release(struct accepted *x)
{
    OM_uint32 minor;
    if (x->context != GSS_C_NO_CONTEXT) (void)gss_delete_sec_context(&minor, &x->context, GSS_C_NO_BUFFER);
    if (x->client != GSS_C_NO_NAME) (void)gss_release_name(&minor, &x->client);
    (void)gss_release_buffer(&minor, &x->answer);
}

/* What the library says, as a word of ours. */
static const char *reason_of(OM_uint32 minor, gss_OID mechanism)
{
    static const struct {
        const char *text, *word;
    } rows[] = {{"lock skew", "clock"}, {"xpired", "expired"},   {"not yet valid", "not yet valid"},
                {"replay", "replayed"}, {"key table", "no key"}, {"ecrypt", "wrong key"}};
    const char *word = "other";
    OM_uint32 more = 0, ignored;
    gss_buffer_desc text = GSS_C_EMPTY_BUFFER;
    (void)gss_display_status(&ignored, minor, GSS_C_MECH_CODE, mechanism, &more, &text);
    for (size_t i = 0; text.value && i < sizeof rows / sizeof rows[0]; i++)
        if (memmem(text.value, text.length, rows[i].text, strlen(rows[i].text))) {
            word = rows[i].word;
            break;
        }
    (void)gss_release_buffer(&ignored, &text);
    return word;
}

static nx_result refused(OM_uint32 major, OM_uint32 minor, const struct accepted *x)
{
    const char *why = reason_of(minor, x->mechanism);
    nx_log(NX_INFO, "negotiate_refused", NX_NUM("major", major >> 16), NX_TEXT("why", why));
    NX_REQUIRE(GSS_ROUTINE_ERROR(major) != GSS_S_DUPLICATE_TOKEN && strcmp(why, "replayed") != 0,
               NX_ERR_NEGOTIATE_REPLAYED);
    NX_REQUIRE(GSS_ROUTINE_ERROR(major) != GSS_S_BAD_MECH, NX_ERR_NEGOTIATE_MECH);
    NX_FAIL(NX_ERR_NEGOTIATE);
}

/* In one step or not at all: there is no state between two requests. */
static nx_result accept_token(struct accepted *x, nx_span token)
{
    OM_uint32 minor = 0;
    gss_buffer_desc in = {.length = token.n, .value = (void *)token.p};
    OM_uint32 major =
        gss_accept_sec_context(&minor, &x->context, acceptor.credential, &in, GSS_C_NO_CHANNEL_BINDINGS,
                               &x->client, &x->mechanism, &x->answer, &x->flags, &x->left_s, NULL);
    if (GSS_ERROR(major)) return refused(major, minor, x);
    bool whole = major == GSS_S_COMPLETE && x->client != GSS_C_NO_NAME && x->left_s > 0;
    NX_REQUIRE(whole && !(x->flags & GSS_C_ANON_FLAG), NX_ERR_NEGOTIATE);
    const gss_OID_desc *m = x->mechanism, *k = gss_mech_krb5;
    bool kerberos = m && m->length == k->length && memcmp(m->elements, k->elements, k->length) == 0;
    NX_REQUIRE(kerberos, NX_ERR_NEGOTIATE_MECH);
    return NX_OK;
}

static nx_result identify(struct nx_kerberos_outcome *out, nx_arena *a, const struct nx_kerberos_row *row,
                          const struct accepted *x)
{
    OM_uint32 minor;
    nx_span name;
    gss_buffer_desc text = GSS_C_EMPTY_BUFFER;
    NX_REQUIRE(gss_display_name(&minor, x->client, &text, NULL) == GSS_S_COMPLETE, NX_ERR_NEGOTIATE);
    out->who.subject = nx_arena_dup(a, nx_span_of(text.value, text.length));
    (void)gss_release_buffer(&minor, &text);
    NX_NEED(out->who.subject);
    NX_TRY(nx_kerberos_principal(&name, nx_span_str(out->who.subject), row));
    out->who.user_name = nx_arena_dup(a, name);
    out->who.means = NX_MEANS_KERBEROS;
    NX_NEED(out->who.user_name);
    if (x->answer.length == 0) return NX_OK;
    out->answer = nx_b64_dup(a, nx_span_of(x->answer.value, x->answer.length));
    NX_NEED(out->answer);
    return NX_OK;
}

/* Another node has another cache of replays: the store's guard is everybody's. */
static nx_result once(struct nx_house *house, const nx_upstream *upstream, nx_span token)
{
    bool first = false;
    const struct nx_guard guard = {
        .purpose = "negotiate", .holder = upstream->id, .value = token, .expires = nx_now() + REPLAY_S};
    NX_TRY(nx_guard_once(house->store, &guard, &first));
    NX_REQUIRE(first, NX_ERR_NEGOTIATE_REPLAYED);
    return NX_OK;
}

/* A ticket is given by itself to whoever sits at the desk: she proved herself when she unlocked it. */
static void read_time(struct nx_kerberos_outcome *out, struct accepted *x)
{
    OM_uint32 minor;
    krb5_timestamp at = 0;
    if (gsskrb5_extract_authtime_from_sec_context(&minor, x->context, &at) == GSS_S_COMPLETE)
        out->who.at = (nx_time)(uint32_t)at; /* as the library counts beyond 2038 */
}

static nx_result accept_locked(struct nx_kerberos_outcome *out, struct nx_house *house, nx_arena *a,
                               const struct nx_kerberos_row *row, nx_span token)
{
    struct accepted x = {.context = GSS_C_NO_CONTEXT, .client = GSS_C_NO_NAME};
    NX_TRY(ready(house, a, row));
    nx_result r = accept_token(&x, token);
    if (nx_ok(r)) r = identify(out, a, row, &x);
    if (nx_ok(r)) read_time(out, &x);
    release(&x);
    return r;
}

nx_result nx_kerberos_prove(struct nx_kerberos_outcome *out, struct nx_house *house, nx_arena *a,
                            const nx_upstream *upstream, nx_span token)
{
    struct nx_kerberos_row row;
    const char *why = NULL;
    *out = (struct nx_kerberos_outcome){.answer = NULL};
    NX_TRY(nx_kerberos_row_parse(&row, upstream->config, &why));
    NX_TRY(nx_negotiate_check(token));
    (void)pthread_mutex_lock(&acceptor.lock);
    nx_result r = accept_locked(out, house, a, &row, token);
    (void)pthread_mutex_unlock(&acceptor.lock);
    NX_TRY(r);
    return once(house, upstream, token);
}

/* ---- for operators
 * --------------------------------------------------------------------------------------- */

static nx_result probe(struct nx_agency_probe *out, struct nx_house *house, nx_arena *a,
                       const nx_upstream *upstream)
{
    struct nx_kerberos_row row;
    const char *why = NULL;
    nx_result r = nx_kerberos_row_parse(&row, upstream->config, &why);
    nx_agency_probe_add(out, nx_ok(r),
                        nx_ok(r) ? "the configuration can be read" : "the configuration is not valid");
    if (!nx_ok(r)) return NX_OK;
    (void)pthread_mutex_lock(&acceptor.lock);
    r = ready(house, a, &row);
    (void)pthread_mutex_unlock(&acceptor.lock);
    nx_agency_probe_add(out, nx_ok(r),
                        nx_ok(r)
                            ? "the keytab has a key of the service"
                            : "the keytab is not there, open to everybody, or without a key of the service");
    return NX_OK;
}

static nx_result check(const json_t *config, const char **why)
{
    struct nx_kerberos_row row;
    return nx_kerberos_row_parse(&row, config, why);
}

const struct nx_agency_kind nx_agency_kerberos = {
    .kind = NX_UPSTREAM_KERBEROS, .check = check, .probe = probe};
