/* One call by libcurl: every fence is an option set anew for each call, since a handle is reset before it. */
#include "egress/exchange.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/text.h"

#include <ctype.h>

#define SYSTEM_CA_FOLDER "/etc/ssl/certs" /* hashed: an anchor is read when it is needed */

/* What the callbacks of one call share. */
struct call {
    const struct nx_ranges *listed;
    nx_buf body;
    bool refused; /* an address was */
    bool too_large;
};

/* Called with the address that is about to be connected to: the check that counts. */
static curl_socket_t open_socket(void *context, curlsocktype purpose, struct curl_sockaddr *to)
{
    struct call *c = context;
    struct nx_address a;
    bool allowed =
        purpose == CURLSOCKTYPE_IPCXN && nx_address_of(&a, &to->addr) && nx_address_allowed(&a, c->listed);
    if (allowed) return socket(to->family, to->socktype | SOCK_CLOEXEC, to->protocol);
    c->refused = true;
    return CURL_SOCKET_BAD;
}

static size_t take_body(char *bytes, size_t size, size_t count, void *context)
{
    struct call *c = context;
    if (nx_ok(nx_buf_put(&c->body, nx_span_of(bytes, size * count)))) return size * count;
    c->too_large = true;
    return 0;
}

/* Options whose failure would open something are all checked, in one word. */
#define SET(option, value) bad |= (unsigned)curl_easy_setopt(curl, option, value)

static nx_result set_fences(CURL *curl, const struct nx_exchange *x, struct call *c)
{
    unsigned bad = 0;
    SET(CURLOPT_PROTOCOLS_STR, "http,https");
    SET(CURLOPT_FOLLOWLOCATION, 0L);
    SET(CURLOPT_PROXY, "");
    SET(CURLOPT_NOPROXY, "*");
    SET(CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
    SET(CURLOPT_SSL_VERIFYPEER, 1L);
    SET(CURLOPT_SSL_VERIFYHOST, 2L);
    SET(CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    SET(CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    SET(CURLOPT_HTTP09_ALLOWED, 0L);
    SET(CURLOPT_NOSIGNAL, 1L);
    SET(CURLOPT_TIMEOUT_MS, x->budget->ms);
    SET(CURLOPT_CONNECTTIMEOUT_MS, x->budget->ms);
    SET(CURLOPT_MAXFILESIZE_LARGE, (curl_off_t)x->budget->bytes);
    SET(CURLOPT_OPENSOCKETFUNCTION, open_socket);
    SET(CURLOPT_OPENSOCKETDATA, c);
    SET(CURLOPT_WRITEFUNCTION, take_body);
    SET(CURLOPT_WRITEDATA, c);
    SET(CURLOPT_MAXCONNECTS, 2L);
    SET(CURLOPT_USERAGENT, "NIXA");
    SET(CURLOPT_CAINFO, NULL);
    SET(CURLOPT_CAPATH, SYSTEM_CA_FOLDER);
    struct curl_blob anchors = {.data = x->anchors->pem, .len = x->anchors->n, .flags = CURL_BLOB_NOCOPY};
    if (x->anchors->pem) SET(CURLOPT_CAINFO_BLOB, &anchors);
    NX_REQUIRE(!bad, NX_ERR_INTERNAL);
    return NX_OK;
}

static inline void headers_auto(struct curl_slist **l)
{
    curl_slist_free_all(*l);
}

/* An empty value takes the library's own field away. */
static nx_result add_header(struct curl_slist **headers, nx_arena *a, const char *name, const char *value)
{
    NX_REQUIRE(nx_ascii_printable(nx_span_str(value)), NX_ERR_ENCODING);
    const char *line = nx_arena_printf(a, "%s:%s%s", name, *value ? " " : "", value);
    struct curl_slist *more = line ? curl_slist_append(*headers, line) : NULL;
    NX_NEED(more);
    *headers = more;
    return NX_OK;
}

static nx_result set_request(CURL *curl, struct curl_slist **headers, nx_arena *a,
                             const struct nx_exchange *x)
{
    const struct nx_egress_request *request = x->request;
    unsigned bad = 0;
    SET(CURLOPT_URL, x->target->url);
    SET(CURLOPT_HTTPGET, 1L);
    if (request->content_type) {
        NX_TRY(add_header(headers, a, "Content-Type", request->content_type));
        NX_TRY(add_header(headers, a, "Expect", ""));
        SET(CURLOPT_POST, 1L);
        SET(CURLOPT_POSTFIELDS, request->body.n ? (const char *)request->body.p : "");
        SET(CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->body.n);
    }
    if (request->authorization) NX_TRY(add_header(headers, a, "Authorization", request->authorization));
    if (request->accept) NX_TRY(add_header(headers, a, "Accept", request->accept));
    SET(CURLOPT_HTTPHEADER, *headers);
    NX_REQUIRE(!bad, NX_ERR_INTERNAL);
    return NX_OK;
}

static nx_result outcome(CURLcode code, const struct call *c)
{
    NX_REQUIRE(!c->too_large && code != CURLE_FILESIZE_EXCEEDED, NX_ERR_EGRESS_SIZE);
    if (code == CURLE_OK) return NX_OK;
    NX_REQUIRE(!c->refused, NX_ERR_EGRESS_ADDRESS);
    NX_FAIL(NX_ERR_EGRESS_AWAY);
}

/* "Application/JSON; charset=utf-8" becomes "application/json". */
static const char *plain_type(nx_arena *a, const char *type)
{
    char *copy = nx_arena_dup(a, nx_span_of(type ? type : "", type ? strcspn(type, "; \t") : 0));
    for (char *c = copy; c && *c; c++)
        *c = (char)tolower((unsigned char)*c);
    return copy;
}

static nx_result read_reply(struct nx_egress_reply *out, nx_arena *a, CURL *curl, const struct call *c)
{
    long status = 0;
    const char *type = NULL;
    (void)curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
    (void)curl_easy_getinfo(curl, CURLINFO_CONTENT_TYPE, &type);
    *out = (struct nx_egress_reply){(int)status, plain_type(a, type), nx_buf_span(&c->body)};
    NX_NEED(out->content_type);
    return NX_OK;
}

NX_FALLIBLE nx_exchange_run(struct nx_egress_reply *out, nx_arena *a, struct nx_handle_curl *h,
                            const struct nx_exchange *x)
{
    struct call c = {.listed = x->listed};
    nx_buf_init(&c.body, a, x->budget->bytes);
    __attribute__((cleanup(headers_auto))) struct curl_slist *headers = NULL;
    curl_easy_reset(h->curl); /* keeps connections */
    NX_TRY(set_fences(h->curl, x, &c));
    NX_TRY(set_request(h->curl, &headers, a, x));
    int64_t start = nx_mono_ms();
    CURLcode code = curl_easy_perform(h->curl);
    nx_result r = outcome(code, &c);
    nx_log(nx_ok(r) ? NX_DEBUG : NX_WARN, "egress", NX_TEXT("purpose", x->budget->name),
           NX_TEXT("to", x->target->key), NX_NUM("curl", code), NX_NUM("ms", nx_mono_ms() - start));
    NX_TRY(r);
    return read_reply(out, a, h->curl, &c);
}
