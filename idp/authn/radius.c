/* RADIUS (RFC 2865, with the practice of RFC 5080): for agencies that have nothing else. PAP over UDP, so the
 * server must stand on a network that the operator listed (--egress-allow). Config of a row:
 *
 *     "host", "port"     the server; 1812 by default
 *     "shared_secret"    at least 16 characters; more is better: whoever sees packets can try secrets at
 * leisure "realm"            names are unique within it: a subject is NAME@REALM. A name typed with another
 * realm is nobody's "send_realm"       true: the server is asked about NAME@REALM and not NAME "exact_case"
 * true: the server tells Lan from lan; otherwise names are folded to lower case, since one account must have
 * one subject "nas"              NAS-Identifier, "nixa" by default "groups"           {"clerks": "clerk"}:
 * values of Class or Filter-Id → word
 *
 * A request is sent at most three times, always the same bytes from the same port, so that the server sees
 * one. */
#include "authn/radius_packet.h"

#include "authn/agency.h"
#include "authn/agency_dial.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "base/text.h"
#include "crypto/random.h"
#include "policies/level.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#define PORT 1812
#define SENDS 3
#define RESEND_MS 1000
#define STRAYS_MAX 64 /* datagrams that are no answer of ours, until we give up */
#define REALM_MAX 128
#define MAPPED_MAX 64
#define SECRET_MIN 16

struct row {
    const char *host;
    int port;
    const char *realm;
    const char *nas;
    bool send_realm;
    bool exact_case;
    const json_t *groups;
};

/* ---- the row
 * --------------------------------------------------------------------------------------------- */

static bool text_ok(const char *s, size_t max)
{
    return s && *s && strlen(s) <= max && nx_ascii_printable(nx_span_str(s));
}

static nx_result read_groups(struct row *out, const json_t *config, const char **why)
{
    const char *value;
    json_t *word;
    out->groups = json_object_get(config, "groups");
    *why = "groups must map values of Class or Filter-Id to words";
    if (!out->groups) return NX_OK;
    NX_REQUIRE(json_is_object(out->groups) && json_object_size(out->groups) <= MAPPED_MAX,
               NX_ERR_UPSTREAM_CONFIG);
    json_object_foreach((json_t *)out->groups, value, word) NX_REQUIRE(
        *value && json_is_string(word) && nx_agency_text_fits(nx_span_str(json_string_value(word))),
        NX_ERR_UPSTREAM_CONFIG);
    return NX_OK;
}

static nx_result parse(struct row *out, const json_t *config, const char **why)
{
    int64_t port = nx_json_int(config, "port", PORT);
    *out = (struct row){.host = nx_json_str(config, "host"),
                        .port = (int)port,
                        .realm = nx_json_str(config, "realm"),
                        .nas = nx_json_str(config, "nas"),
                        .send_realm = nx_json_bool(config, "send_realm", false),
                        .exact_case = nx_json_bool(config, "exact_case", false)};
    if (!out->nas) out->nas = "nixa";
    *why = "host is missing or too long";
    NX_REQUIRE(text_ok(out->host, NX_AGENCY_HOST_MAX), NX_ERR_UPSTREAM_CONFIG);
    *why = "port must be 1 to 65535";
    NX_REQUIRE(port >= 1 && port <= 65535, NX_ERR_UPSTREAM_CONFIG);
    *why = "realm is missing, too long, or holds an @";
    NX_REQUIRE(text_ok(out->realm, REALM_MAX) && !strchr(out->realm, '@'), NX_ERR_UPSTREAM_CONFIG);
    *why = "nas must be a text of 3 to 64 characters";
    NX_REQUIRE(text_ok(out->nas, 64) && strlen(out->nas) >= 3, NX_ERR_UPSTREAM_CONFIG);
    NX_TRY(read_groups(out, config, why));
    *why = NULL;
    return NX_OK;
}

static nx_result check(const json_t *config, const char **why)
{
    struct row row;
    NX_TRY(parse(&row, config, why));
    const json_t *secret = json_object_get(config, "shared_secret");
    *why = "shared_secret must have at least 16 characters";
    NX_REQUIRE(!secret || json_is_null(secret) || json_string_length(secret) >= SECRET_MIN,
               NX_ERR_UPSTREAM_CONFIG);
    *why = NULL;
    return NX_OK;
}

/* ---- the exchange
 * ---------------------------------------------------------------------------------------- */

struct exchange {
    struct nx_house *house;
    nx_arena *arena;
    struct row row;
    const nx_secret *shared;
    struct nx_radius_request request;
    nx_span packet;
    uint8_t *room; /* the answer's bytes: in the arena, since the answer borrows from them */
    int strays;
    int64_t deadline_ms;
};

/* One datagram until the moment. NX_ERR_NOT_FOUND: nothing of use came; NX_ERR_AGENCY_AWAY: nothing will. */
static nx_result receive(struct nx_radius_answer *out, struct exchange *x, int fd, int64_t until_ms)
{
    struct pollfd p = {.fd = fd, .events = POLLIN};
    while (poll(&p, 1, (int)nx_agency_left(until_ms)) == 1) {
        ssize_t n = recv(fd, x->room, NX_RADIUS_PACKET_MAX, MSG_DONTWAIT);
        NX_REQUIRE(n >= 0 || errno == EAGAIN || errno == EINTR, NX_ERR_AGENCY_AWAY);
        if (n < 0) continue;
        nx_result r = nx_radius_read(out, x->arena, nx_span_of(x->room, (size_t)n), &x->request, x->shared);
        /* What is not a right answer is nobody's: the right one may still come (RFC 2865 3). */
        if (r.e != NX_ERR_RADIUS_FORM && r.e != NX_ERR_SIGNATURE) return r;
        NX_REQUIRE(++x->strays < STRAYS_MAX, NX_ERR_AGENCY_AWAY);
    }
    NX_FAIL(NX_ERR_NOT_FOUND);
}

static nx_result converse(struct nx_radius_answer *out, struct exchange *x, int fd)
{
    for (int i = 0; i < SENDS; i++) {
        int64_t until = nx_mono_ms() + RESEND_MS;
        if (i == SENDS - 1 || until > x->deadline_ms) until = x->deadline_ms;
        NX_REQUIRE(send(fd, x->packet.p, x->packet.n, MSG_NOSIGNAL) == (ssize_t)x->packet.n,
                   NX_ERR_AGENCY_AWAY);
        nx_result r = receive(out, x, fd, until);
        if (r.e != NX_ERR_NOT_FOUND) return r;
        if (nx_agency_left(x->deadline_ms) == 0) break;
    }
    NX_FAIL(NX_ERR_AGENCY_AWAY);
}

static nx_result write_request(struct exchange *x)
{
    nx_buf b;
    nx_buf_init(&b, x->arena, NX_RADIUS_PACKET_MAX);
    NX_TRY(nx_random(&x->request.identifier, sizeof x->request.identifier));
    NX_TRY(nx_random(x->request.authenticator, sizeof x->request.authenticator));
    x->request.nas = x->row.nas;
    NX_TRY(nx_radius_write(&b, &x->request, x->shared));
    x->packet = nx_buf_span(&b);
    x->room = nx_arena_alloc(x->arena, NX_RADIUS_PACKET_MAX);
    NX_NEED(x->room);
    return NX_OK;
}

static nx_result run(struct nx_radius_answer *out, struct exchange *x)
{
    int fd = -1;
    x->deadline_ms = nx_mono_ms() + NX_AGENCY_MS;
    const struct nx_dial dial = {.kind = NX_DIAL_UDP,
                                 .host = x->row.host,
                                 .port = x->row.port,
                                 .listed_only = true,
                                 .deadline_ms = x->deadline_ms};
    NX_TRY(write_request(x));
    NX_TRY(nx_agency_dial(&fd, x->house, &dial));
    nx_result r = converse(out, x, fd);
    close(fd);
    if (x->strays > 0) nx_log(NX_WARN, "radius_strays", NX_NUM("n", x->strays));
    return r;
}

/* ---- names
 * ----------------------------------------------------------------------------------------------- */

/* NAME or NAME@REALM as typed; the name alone, folded unless the row says otherwise. */
static nx_result bare_name(char **out, nx_arena *a, const struct row *row, nx_span typed)
{
    const uint8_t *at = memchr(typed.p, '@', typed.n);
    nx_span name = at ? nx_span_of(typed.p, (size_t)(at - typed.p)) : typed;
    nx_span realm = at ? nx_span_from(typed, name.n + 1) : NX_SPAN_NONE;
    size_t n = strlen(row->realm);
    NX_REQUIRE(!at || (realm.n == n && strncasecmp((const char *)realm.p, row->realm, n) == 0),
               NX_ERR_PASSWORD);
    NX_REQUIRE(name.n > 0 && nx_ascii_printable(name) && !memchr(name.p, ' ', name.n), NX_ERR_PASSWORD);
    *out = nx_arena_dup(a, name);
    NX_NEED(*out);
    for (char *c = *out; *c && !row->exact_case; c++)
        if (*c >= 'A' && *c <= 'Z') *c = (char)(*c | 0x20);
    return NX_OK;
}

static nx_result identify(struct nx_agency_identity *who, nx_span *asked, nx_arena *a, const struct row *row,
                          nx_span typed)
{
    char *name = NULL;
    NX_TRY(bare_name(&name, a, row, typed));
    who->user_name = name;
    who->subject = nx_arena_printf(a, "%s@%s", name, row->realm);
    NX_NEED(who->subject);
    who->account = who->subject;
    *asked = nx_span_str(row->send_realm ? who->subject : name);
    return NX_OK;
}

static void add_groups(struct nx_agency_identity *who, nx_arena *a, const struct row *row,
                       const struct nx_radius_answer *answer)
{
    const char *value;
    json_t *word;
    for (size_t i = 0; i < answer->group_count; i++)
        json_object_foreach((json_t *)row->groups, value, word) if (nx_span_eq_str(answer->group[i], value))
            nx_agency_add_group(who, a, json_string_value(word));
}

/* ---- proving
 * --------------------------------------------------------------------------------------------- */

static nx_result open_secret(nx_secret *shared, struct nx_house *house, const nx_upstream *row)
{
    nx_result r = nx_upstream_secret(shared, house->master, row, "shared_secret");
    NX_REQUIRE(r.e != NX_ERR_MISSING, NX_ERR_UPSTREAM_CONFIG);
    return r;
}

static nx_result conclude(struct nx_agency_outcome *out, const struct exchange *x,
                          const struct nx_radius_answer *answer)
{
    NX_REQUIRE(answer->code != NX_RADIUS_REJECT, NX_ERR_PASSWORD);
    if (answer->code == NX_RADIUS_CHALLENGE) {
        NX_REQUIRE(answer->state.n > 0, NX_ERR_AGENCY_AWAY);
        out->end = NX_AGENCY_CHALLENGED;
        out->prompt = answer->message;
        out->state = answer->state;
        return NX_OK;
    }
    out->end = NX_AGENCY_PROVEN;
    out->who.means = NX_MEANS_DIRECTORY | (x->request.state.n ? (unsigned)NX_MEANS_OTP : 0u);
    add_groups(&out->who, x->arena, &x->row, answer);
    return NX_OK;
}

static nx_result prove(struct nx_agency_outcome *out, struct nx_house *house, nx_arena *a,
                       const struct nx_agency_ask *ask)
{
    NX_AUTO_SECRET(shared);
    struct exchange x = {.house = house, .arena = a, .shared = &shared};
    struct nx_radius_answer answer;
    const char *why = NULL;
    NX_REQUIRE(nx_secret_expose(ask->password).n <= NX_RADIUS_PASSWORD_MAX, NX_ERR_PASSWORD);
    NX_TRY(parse(&x.row, ask->row->config, &why));
    NX_TRY(open_secret(&shared, house, ask->row));
    NX_TRY(identify(&out->who, &x.request.user_name, a, &x.row, ask->user_name));
    NX_TRY(nx_agency_admit_account(out, house, a, ask->row));
    x.request.password = ask->password;
    x.request.state = ask->state;
    NX_TRY(run(&answer, &x));
    return conclude(out, &x, &answer);
}

/* ---- for operators
 * --------------------------------------------------------------------------------------- */

static const char *probe_text(nx_result r)
{
    if (nx_ok(r)) return "it answers and shares the secret";
    if (r.e == NX_ERR_EGRESS_ADDRESS) return "its address may not be called: list it in egress_allow";
    return "no answer that proves the shared secret: wrong secret, not its client, or not there";
}

/* Asks about a name that nobody has: a refusal that verifies is an answer. */
static nx_result probe(struct nx_agency_probe *out, struct nx_house *house, nx_arena *a,
                       const nx_upstream *row)
{
    NX_AUTO_SECRET(shared);
    NX_AUTO_SECRET(password);
    struct exchange x = {.house = house, .arena = a, .shared = &shared};
    struct nx_radius_answer answer;
    const char *why = NULL;
    nx_result r = parse(&x.row, row->config, &why);
    nx_agency_probe_add(out, nx_ok(r),
                        nx_ok(r) ? "the configuration can be read" : "the configuration is not valid");
    if (!nx_ok(r)) return NX_OK;
    r = open_secret(&shared, house, row);
    nx_agency_probe_add(out, nx_ok(r), nx_ok(r) ? "it has a shared_secret" : "it has no shared_secret that can be read");
    if (!nx_ok(r)) return NX_OK;
    NX_TRY(nx_secret_set(&password, NX_LIT("nobody's password")));
    x.request.user_name = NX_LIT("nobody-by-that-name");
    x.request.password = &password;
    r = run(&answer, &x);
    nx_agency_probe_add(out, nx_ok(r), probe_text(r));
    return NX_OK;
}

const struct nx_agency_kind nx_agency_radius = {
    .kind = NX_UPSTREAM_RADIUS, .check = check, .prove = prove, .probe = probe};
