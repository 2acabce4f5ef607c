/* The rows of the table: what is done, what its floor is made of, and the least ratio. */
#include "bench.h"

#include <stdio.h>

static double floor_issue(const struct floors *f)
{
    return f->answer + f->round_trip + f->es256_sign;
}

static double floor_assert(const struct floors *f)
{
    return f->answer + f->round_trip + f->rs256_sign;
}

static double floor_refresh(const struct floors *f)
{
    return f->answer + f->round_trip + 2 * f->es256_sign;
}

static double floor_verify(const struct floors *f)
{
    return f->answer + f->round_trip + f->es256_verify;
}

static double floor_look(const struct floors *f)
{
    return f->answer + f->round_trip;
}

static double floor_hash(const struct floors *f)
{
    return f->argon2id;
}

/* What the ceremony asks for, whoever writes it. Answers: the request, the sign-in page, the order, its page,
 * take, approve, the page with the digits, the digits, the token. Round trips, an answer each in that order:
 * keep the transaction; read it; read it, limit, begin the order; read order and transaction; first use of
 * the proof, limit, take, hand out the context; first use, read, limit the PIN, give the try back, approve;
 * read order and transaction; limit the digits, count the try, give it back, finish, make the session, end
 * the transaction, make the code; read the code, redeem it. */
#define QR_ANSWERS 9
#define QR_ROUND_TRIPS (1 + 1 + 3 + 2 + 4 + 5 + 2 + 7 + 2)
#define QR_VERIFICATIONS 2 /* take, approve */
#define QR_SIGNATURES 3    /* context, access token, ID token */

static double floor_qr(const struct floors *f)
{
    return QR_ANSWERS * f->answer + QR_ROUND_TRIPS * f->round_trip + QR_VERIFICATIONS * f->es256_verify +
           QR_SIGNATURES * f->es256_sign;
}

static struct speed password_flow(struct bench *b, nx_arena *a)
{
    (void)a;
    return load_best(b, flow_password);
}

static struct speed qr_flow(struct bench *b, nx_arena *a)
{
    (void)a;
    say("enrolling phones");
    phones_enrol(b);
    return load_best(b, flow_qr);
}

/* What a sign-in at a directory asks for besides the directory. Answers: the request, the sign-in page, the
 * agency's form, the form that is sent, the token. Round trips: keep the transaction; read it, twice; read
 * it, limit the name and the account, give both tries back, make the session, end the transaction, make the
 * code; read the code, redeem it. */
#define DIRECTORY_ANSWERS 5
#define DIRECTORY_ROUND_TRIPS (1 + 2 + 8 + 2)
#define DIRECTORY_SIGNATURES 2 /* access token, ID token */

static double floor_directory(const struct floors *f)
{
    return DIRECTORY_ANSWERS * f->answer + DIRECTORY_ROUND_TRIPS * f->round_trip +
           DIRECTORY_SIGNATURES * f->es256_sign + f->directory;
}

static struct speed directory_flow(struct bench *b, nx_arena *a)
{
    (void)a;
    directory_up(b);
    struct speed s = load_best(b, flow_directory);
    directory_down(b);
    return s;
}

static struct speed saml_flow(struct bench *b, nx_arena *a)
{
    (void)a;
    saml_register(b);
    return load_kept_best(b, flow_saml);
}

/* In this order: what is small first, what moves the rig last. */
static const struct measure {
    const char *name;
    double (*value)(struct bench *b, nx_arena *a);       /* a value that must stay below a limit, or */
    struct speed (*speed)(struct bench *b, nx_arena *a); /* a speed that is compared with its floor */
    double (*floor)(const struct floors *f);
    double goal; /* the limit; the least ratio, 0: none */
    const char *unit;
} measures[] = {
    {"up on an existing folder, the whole of it", up_seconds, NULL, NULL, 3, "s"},
    {"nixad ready after its start on an existing folder", ready_seconds, NULL, NULL, 0.5, "s"},
    {"idle memory of nixad", idle_memory, NULL, NULL, 60, "MiB"},
    {"Redis memory of a sign-on session with one portal", bytes_a_session, NULL, NULL, 1536, "B"},
    {"client credentials, ES256 JWT", NULL, client_credentials, floor_issue, 0.5, "/s"},
    {"refresh, confidential client (access and ID token)", NULL, refresh, floor_refresh, 0.5, "/s"},
    {"introspection, token seen first", NULL, introspection_first, floor_verify, 0.6, "/s"},
    {"introspection, the same token again", NULL, introspection_again, floor_look, 0.6, "/s"},
    {"password sign-in, whole code flow", NULL, password_flow, floor_hash, 0.85, "/s"},
    {"QR sign-in, whole code flow, PIN hash at the least cost", NULL, qr_flow, floor_qr, 0.3, "/s"},
    {"SAML sign-on of who is signed in, RSA-2048", NULL, saml_flow, floor_assert, 0.6, "/s"},
    {"LDAP sign-in, whole code flow", NULL, directory_flow, floor_directory, 0.5, "/s"},
    {"p99 of client credentials while passwords storm, times", p99_in_storm, NULL, NULL, 3, ""},
    {"client credentials through HAProxy and TLS", NULL, through_edge, floor_issue, 0, "/s"},
    {"nixad ready with 5,000 portals that speak SAML", ready_with_portals, NULL, NULL, 0.5, "s"},
    {"first request of such a portal, more than its second", first_request_ms, NULL, NULL, 5, "ms"},
    {"client credentials, Redis on this disk", NULL, on_disk, floor_issue, 0, "/s"},
};

static struct row row_of(struct bench *b, const struct measure *m, nx_arena *a)
{
    struct row r = {.name = m->name, .unit = m->unit, .floor = m->goal, .goal = 1, .limit = m->value != NULL};
    if (m->value) {
        r.rate = m->value(b, a);
        return r;
    }
    struct speed s = m->speed(b, a);
    r.rate = 1 / s.clock;
    r.floor = 1 / m->floor(&b->clock);
    r.processor = m->floor(&b->processor) / s.processor;
    r.goal = m->goal;
    return r;
}

size_t rows_measure(struct bench *b, const char *only, struct row *rows, size_t max)
{
    size_t n = 0;
    NX_AUTO(nx_arena) a = nx_arena_open(16u << 20);
    for (size_t i = 0; i < sizeof measures / sizeof measures[0]; i++) {
        if (only && !strstr(measures[i].name, only)) continue;
        if (n == max) die("too many rows");
        rows[n] = row_of(b, &measures[i], a);
        say("%s: %.2f %s of %.2f, by the processor %.2f", rows[n].name, rows[n].rate, rows[n].unit,
            rows[n].floor, rows[n].processor);
        n++;
        nx_arena_reset(a);
    }
    return n;
}

void rows_make_client(struct bench *b)
{
    snprintf(b->redirect_uri, sizeof b->redirect_uri, "https://bench.localhost/callback");
    NX_AUTO_JSON reply = rig_ctl(
        b, (const char *const[]){"client", "add", "--name", "Bench", "--redirect-uri", b->redirect_uri,
                                 "--grant-type", "authorization_code", "--grant-type", "refresh_token",
                                 "--grant-type", "client_credentials", NULL});
    const char *id = nx_json_str(reply, "client_id"), *secret = nx_json_str(reply, "client_secret");
    if (!id || !secret) die("client add gave no id and secret");
    snprintf(b->client_id, sizeof b->client_id, "%s", id);
    snprintf(b->client_secret, sizeof b->client_secret, "%s", secret);
}

void rows_prepare(struct bench *b)
{
    rows_make_client(b);
    say("making people");
    flow_make_people(b);
}
