/* nixactl qr verify: what a reader with a trust bundle may conclude from a QR text. The bundle comes from a
 * file
 * (--bundle), for a machine without a network, or is fetched from the server that runs on the data folder. */
#include "base/clock.h"
#include "base/json.h"
#include "layout.h"
#include "nixactl.h"
#include "nixactl_folder.h"
#include "nixactl_probe.h"
#include "nixactl_render.h"
#include "qr/verify.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define QR_TEXT_MAX (16u << 10)

struct job {
    nx_arena *arena;
    const char *folder;
    const char *bundle_file; /* NULL: fetched */
    const char *what;        /* a file, "-", or the text itself */
};

static NX_FALLIBLE read_standard_input(nx_span *out, nx_arena *a)
{
    uint8_t *bytes = nx_arena_alloc(a, QR_TEXT_MAX);
    NX_NEED(bytes);
    size_t n = fread(bytes, 1, QR_TEXT_MAX, stdin);
    NX_REQUIRE(n < QR_TEXT_MAX, NX_ERR_LIMIT);
    *out = nx_span_of(bytes, n);
    return NX_OK;
}

/* Line feeds at the end belong to the file, not to the code. */
static nx_span trimmed(nx_span s)
{
    while (s.n > 0 && (s.p[s.n - 1] == '\n' || s.p[s.n - 1] == '\r'))
        s.n--;
    return s;
}

static NX_FALLIBLE read_text(nx_span *out, const struct job *j)
{
    if (strcmp(j->what, "-") == 0)
        NX_TRY(read_standard_input(out, j->arena));
    else if (access(j->what, F_OK) == 0)
        NX_TRY(nx_read_file(out, j->arena, j->what, QR_TEXT_MAX));
    else
        *out = nx_span_str(j->what);
    *out = trimmed(*out);
    return NX_OK;
}

/* Where the server is, from what its supervisor wrote down. */
static NX_FALLIBLE fetch_bundle(nx_span *out, const struct job *j)
{
    NX_AUTO_JSON state = NULL;
    nx_span text;
    char host[256], port[256];
    const char *path = nx_arena_printf(j->arena, "%s/" NX_STATE_FILE, j->folder);
    const char *ca = nx_arena_printf(j->arena, "%s/" NX_CA_FILE, j->folder);
    NX_REQUIRE(path && ca && nx_folder_holder(j->folder), NX_ERR_AWAY);
    NX_TRY(nx_read_file(&text, j->arena, path, 1u << 16));
    NX_TRY(nx_json_parse_object(&state, text));
    const char *issuer = nx_json_str(state, "issuer"), *listen = nx_json_str(state, "listen");
    NX_REQUIRE(issuer && listen && strncmp(issuer, "https://", 8) == 0, NX_ERR_SYNTAX);
    if (!nx_split_address(issuer + 8, host, port, sizeof host))
        snprintf(host, sizeof host, "%.255s", issuer + 8);
    struct nx_probe probe = {
        .listen = listen, .host = host, .authority = issuer + 8, .ca_file = ca, .path = "/qr/bundle"};
    return nx_probe_fetch(out, j->arena, &probe, NX_BUNDLE_MAX);
}

static NX_FALLIBLE open_bundle(nx_bundle **out, const struct job *j)
{
    nx_span text;
    if (j->bundle_file)
        NX_TRY(nx_read_file(&text, j->arena, j->bundle_file, NX_BUNDLE_MAX));
    else
        NX_TRY(fetch_bundle(&text, j));
    return nx_bundle_open(out, text, NULL, nx_now());
}

static void print_time(const char *name, nx_time t)
{
    char text[NX_RFC3339_MAX];
    if (t <= 0) return;
    nx_rfc3339(t, text);
    printf("%-12s %s\n", name, text);
}

static void print_text(const char *name, const char *value)
{
    if (value && value[0]) printf("%-12s %s\n", name, value);
}

static void print_identity(const struct nx_claim169 *c)
{
    print_text("name", c->full_name);
    print_text("id", c->id);
    print_text("birthdate", c->birthdate);
    print_text("address", c->address);
    for (size_t i = 0; i < c->codes; i++)
        printf("%-12s %s %s\n", "code", c->code[i].scheme, c->code[i].value);
    if (c->proofing) printf("%-12s m%d\n", "proofing", c->proofing);
}

static int print_legacy(const struct nx_legacy_hint *h)
{
    puts("unsigned: an older code. It says what anybody could have printed and proves nothing.");
    print_text("number", h->number);
    print_text("name", h->name);
    print_text("birthdate", h->birthdate);
    print_text("address", h->address);
    return NX_EXIT_FAILED;
}

/* The first line is the verdict; exit 0 only for one that is signed, in its time and not known to be revoked.
 */
static int print_verdict(const struct nx_verdict_qr *v, const nx_bundle *b)
{
    static const char *const forms[] = {"handle", "card", "live code", "older code"};
    static const char *const standings[] = {"valid", "REVOKED", "SUSPENDED", "signed, standing unknown"};
    if (v->form == NX_FORM_LEGACY) return print_legacy(&v->hint);
    printf("%s: a %s of %s\n", standings[v->standing], forms[v->form], nx_bundle_issuer(b));
    if (v->form == NX_FORM_LIVE)
        puts(v->live ? "made by its device just now" : "not fresh: it may be a copy");
    else
        puts("a copy looks the same: only a live code shows that the device is here");
    print_text("qr identity", v->claims.sub);
    print_time("issued", v->claims.iat);
    print_time("expires", v->claims.exp);
    if (v->has_identity) print_identity(&v->identity);
    print_time("list made", v->list_made);
    print_time("bundle made", nx_bundle_made(b));
    bool good = v->standing == NX_STANDING_VALID || v->standing == NX_STANDING_UNKNOWN;
    return good && (v->form != NX_FORM_LIVE || v->live) ? NX_EXIT_OK : NX_EXIT_FAILED;
}

static int verify(const struct job *j)
{
    nx_span text;
    struct nx_verdict_qr verdict = {0};
    NX_AUTO(nx_bundle) bundle = NULL;
    nx_result r = read_text(&text, j);
    if (nx_ok(r)) r = open_bundle(&bundle, j);
    if (!nx_ok(r)) {
        nx_say("no text or no trust bundle: %s%s", nx_err_text(r.e),
               r.e == NX_ERR_AWAY ? " (is ./nixa up running? else --bundle FILE)" : "");
        return r.e == NX_ERR_AWAY ? NX_EXIT_NOT_RUNNING : NX_EXIT_FAILED;
    }
    r = nx_qr_verify(&verdict, j->arena, bundle, text, nx_now());
    if (nx_ok(r)) return print_verdict(&verdict, bundle);
    printf("NOT VALID: %s\n", nx_err_text(r.e));
    return NX_EXIT_FAILED;
}

int nx_cmd_qr_verify(int argc, char **argv)
{
    NX_AUTO(nx_arena) a = nx_arena_open(24u << 20);
    const char *given = nx_take_data(&argc, argv);
    struct job j = {.arena = a, .folder = a ? nx_data_folder(a, given) : NULL};
    for (int i = 2; i < argc; i++) {
        if (strcmp(argv[i], "--bundle") == 0 && i + 1 < argc)
            j.bundle_file = argv[++i];
        else if (!j.what)
            j.what = argv[i];
        else
            j.folder = NULL;
    }
    if (j.what && j.folder) return verify(&j);
    nx_say("usage: nixactl qr verify FILE|TEXT|- [--bundle FILE]");
    return NX_EXIT_USAGE;
}
