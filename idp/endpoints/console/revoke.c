/* The button, and the receipt that answers it. */
#include "endpoints/console/console.h"
#include "operate/acts.h"
#include "registry/client.h"

static const struct {
    const char *scope; /* of the form */
    const char *what;  /* of the act */
} scope_rows[] = {{"qr", "qr"}, {"session", "session"}, {"person-sessions", "person"}};

static const char *what_of(const char *scope)
{
    for (size_t i = 0; scope && i < sizeof scope_rows / sizeof scope_rows[0]; i++)
        if (strcmp(scope, scope_rows[i].scope) == 0) return scope_rows[i].what;
    return NULL;
}

static nx_result show_portal(nx_view *v, struct nx_operate_call *c, const json_t *portal)
{
    NX_AUTO(nx_client) client = NULL;
    const char *id = nx_json_str(portal, "client_id"), *state = nx_json_str(portal, "state");
    nx_result r = nx_client_get(c->house->registry, nx_span_str(id), &client);
    if (r.e != NX_ERR_NOT_FOUND) NX_TRY(r);
    nx_view_text(v, "name", nx_ok(r) ? client->name : id);
    nx_view_flag(v, "confirmed", state && strcmp(state, "delivered") == 0);
    nx_view_flag(v, "unreachable", state && strcmp(state, "unreachable") == 0);
    nx_view_text(v, "confirmed_at", nx_json_str(portal, "at"));
    return NX_OK;
}

/* The lines of what was killed: of one kind, or (kind NULL) those that have an entry in a status list. */
static int64_t count(const json_t *receipt, const char *kind)
{
    const json_t *killed = nx_json_array(receipt, "killed");
    int64_t n = !kind && nx_json_object(receipt, "identity") ? 1 : 0;
    for (size_t i = 0; i < json_array_size(killed); i++) {
        const json_t *line = json_array_get(killed, i);
        const char *is = nx_json_str(line, "kind");
        n += kind ? is && strcmp(is, kind) == 0 : nx_json_object(line, "status") != NULL;
    }
    return n;
}

static nx_result show_receipt(nx_view *v, struct nx_operate_call *c, const json_t *receipt)
{
    const json_t *portals = nx_json_array(receipt, "portals");
    nx_view_number(v, "receipt_id", nx_json_int(receipt, "seq", 0));
    nx_view_text(v, "what", nx_json_str(receipt, "target"));
    nx_view_text(v, "at", nx_json_str(receipt, "at"));
    nx_view_text(v, "reason", nx_json_str(receipt, "reason"));
    nx_view_number(v, "sessions", count(receipt, "session"));
    nx_view_number(v, "families", count(receipt, "grant"));
    nx_view_number(v, "lists", count(receipt, NULL));
    nx_view_list(v, "portals");
    for (size_t i = 0; i < json_array_size(portals); i++)
        NX_TRY(show_portal(nx_view_item(v, "portals"), c, json_array_get(portals, i)));
    return NX_OK;
}

nx_result nx_console_revoke(nx_request *rq, nx_reply *rp)
{
    struct nx_console_visit visit;
    nx_view *v;
    bool shown;
    NX_AUTO_JSON receipt = NULL;
    NX_TRY(nx_console_open(&visit, &shown, rq, rp, "revoke"));
    if (shown) return NX_OK;
    NX_TRY(nx_operate_end(&receipt, &visit.call, NX_REVOKE, what_of(nx_form(rq, "scope")), nx_form(rq, "id"),
                          nx_form(rq, "reason")));
    NX_TRY(nx_console_view(&v, &visit, rq, rp));
    NX_TRY(show_receipt(v, &visit.call, receipt));
    const char *subject = nx_json_str(receipt, "subject");
    nx_view_url(v, "back_url",
                subject ? nx_arena_printf(rq->arena, "/console/people/%s", subject) : "/console");
    nx_view_url(v, "lang_url", "/console");
    nx_reply_page(rp, 200, "console_receipt", v);
    return NX_OK;
}
