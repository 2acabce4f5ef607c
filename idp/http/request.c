#include "http/request.h"

#include "base/clock.h"
#include "base/text.h"
#include "http/cookie.h"
#include "http/framing.h"
#include "http/language.h"

#include <stdatomic.h>
#include <stdio.h>
#include <strings.h>
#include <sys/random.h>

/* An id is a counter under a bijective mix with a random key: unique in the process, and telling nobody how
 * many requests there were. It is no secret. */
static void make_id(char out[NX_REQUEST_ID_LEN + 1])
{
    static _Atomic uint64_t counter;
    static _Atomic uint64_t key;
    uint64_t k = atomic_load_explicit(&key, memory_order_relaxed);
    if (k == 0) {
        uint64_t fresh = 1, none = 0;
        if (getrandom(&fresh, sizeof fresh, 0) != (ssize_t)sizeof fresh) fresh = (uint64_t)nx_mono_ns();
        atomic_compare_exchange_strong(&key, &none, fresh | 1);
        k = atomic_load(&key);
    }
    uint64_t z = k + atomic_fetch_add_explicit(&counter, 1, memory_order_relaxed) * 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    z ^= z >> 31;
    snprintf(out, NX_REQUEST_ID_LEN + 1, "%016llx", (unsigned long long)z);
}

static nx_result read_method(nx_request *rq, const char *method)
{
    static const struct {
        const char *name;
        nx_method method;
    } known[] = {{"GET", NX_GET},     {"HEAD", NX_GET},      {"POST", NX_POST},      {"PUT", NX_PUT},
                 {"PATCH", NX_PATCH}, {"DELETE", NX_DELETE}, {"OPTIONS", NX_OPTIONS}};
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        if (strcmp(method, known[i].name) != 0) continue;
        rq->method = known[i].method;
        rq->head = i == 1;
        return NX_OK;
    }
    NX_FAIL(NX_ERR_HTTP_METHOD);
}

static nx_result copy_headers(nx_request *rq, const struct nx_wire *wire)
{
    NX_REQUIRE(wire->header_count <= NX_HEADERS_MAX, NX_ERR_LIMIT);
    struct nx_header *copy = nx_arena_new(rq->arena, struct nx_header, wire->header_count);
    NX_NEED(copy);
    for (size_t i = 0; i < wire->header_count; i++) {
        nx_span value = nx_span_str(wire->headers[i].value);
        NX_REQUIRE(!wire->value_sizes || wire->value_sizes[i] == value.n,
                   NX_ERR_HTTP_FRAMING); /* a NUL inside */
        copy[i].name = nx_arena_strdup(rq->arena, wire->headers[i].name);
        copy[i].value = nx_arena_dup(rq->arena, value.p ? value : NX_LIT(""));
        NX_REQUIRE(copy[i].name && copy[i].value, NX_ERR_MEMORY);
    }
    rq->headers = copy;
    rq->header_count = wire->header_count;
    return NX_OK;
}

static nx_result read_target(nx_request *rq, const char *target)
{
    nx_span rest = nx_span_str(target), path;
    NX_REQUIRE(rest.n <= NX_TARGET_MAX, NX_ERR_LIMIT);
    NX_TRY(nx_framing_target(rest));
    NX_REQUIRE(nx_span_cut(&rest, '?', &path), NX_ERR_SYNTAX);
    rq->path = nx_arena_dup(rq->arena, path);
    rq->query_text = nx_arena_dup(rq->arena, rest.p ? rest : NX_LIT(""));
    NX_REQUIRE(rq->path && rq->query_text, NX_ERR_MEMORY);
    return NX_OK;
}

static nx_result fill(nx_request *rq, const struct nx_wire *wire)
{
    NX_TRY(copy_headers(rq, wire));
    NX_TRY(nx_framing_fields(rq->headers, rq->header_count, &rq->content_length));
    NX_TRY(nx_framing_client(&rq->client, rq, wire->peer));
    const char *chosen = nx_language_exact(nx_cookie(rq, NX_LANGUAGE_COOKIE));
    rq->lang = chosen ? chosen : nx_language_accept(nx_header(rq, "Accept-Language"), nx_languages[0]);
    NX_TRY(read_target(rq, wire->target));
    return read_method(rq, wire->method);
}

nx_result nx_request_open(nx_request **out, nx_arena *a, const struct nx_router *router,
                          const struct nx_wire *wire)
{
    *out = NULL;
    nx_request *rq = nx_arena_new(a, nx_request, 1);
    NX_NEED(rq);
    *rq = (nx_request){.arena = a,
                       .router = router,
                       .lang = nx_languages[0],
                       .path = "/",
                       .query_text = "",
                       .client = "local",
                       .content_length = -1,
                       .began_ns = nx_mono_ns()};
    make_id(rq->id);
    *out = rq;
    return fill(rq, wire);
}

void nx_request_close(nx_request *rq)
{
    if (!rq) return;
    json_decref(rq->json);
    rq->json = NULL;
}

nx_result nx_form_secret(nx_secret *out, nx_request *rq, const char *name)
{
    for (size_t i = 0; i < rq->form.n; i++) {
        const struct nx_pair *p = &rq->form.at[i];
        if (strcmp(p->name, name) != 0 || !p->value[0]) continue;
        return nx_secret_take(out, (uint8_t *)p->value, strlen(p->value));
    }
    NX_FAIL(NX_ERR_MISSING);
}

const char *nx_header(const nx_request *rq, const char *name)
{
    for (size_t i = 0; i < rq->header_count; i++)
        if (strcasecmp(rq->headers[i].name, name) == 0) return rq->headers[i].value;
    return NULL;
}

const char *nx_cookie(const nx_request *rq, const char *name)
{
    if (!nx_span_starts(nx_span_str(name), NX_LIT(NX_COOKIE_PREFIX))) return NULL;
    return nx_cookie_find(nx_header(rq, "Cookie"), name, rq->arena);
}

bool nx_content_is(const nx_request *rq, const char *type)
{
    const char *sent = nx_header(rq, "Content-Type");
    size_t n = strlen(type);
    if (!sent || strncasecmp(sent, type, n) != 0) return false;
    return sent[n] == '\0' || sent[n] == ';' || sent[n] == ' ';
}

bool nx_accepts_json(const nx_request *rq)
{
    const char *accept = nx_header(rq, "Accept");
    if (!accept) return false;
    const char *json = strstr(accept, "application/json"), *html = strstr(accept, "text/html");
    return json && (!html || json < html);
}
