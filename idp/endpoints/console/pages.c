/* The pages that only show. */
#include "endpoints/console/console.h"
#include "operate/credentials.h"
#include "operate/people.h"
#include "operate/records.h"
#include "registry/client.h"
#include "registry/outbox.h"
#include "registry/person.h"
#include "registry/qr_identity.h"

#include <stdio.h>

#define OPEN(scope)                                                                                          \
    struct nx_console_visit visit;                                                                           \
    nx_view *v;                                                                                              \
    bool shown;                                                                                              \
    NX_TRY(nx_console_open(&visit, &shown, rq, rp, scope));                                                  \
    if (shown) return NX_OK;                                                                                 \
    NX_TRY(nx_console_view(&v, &visit, rq, rp))

/* A catalogue text "prefix.word". */
static void set_word(nx_view *v, nx_arena *a, const char *key, const char *prefix, const char *word)
{
    nx_view_label(v, key, word && *word ? nx_arena_printf(a, "%s.%s", prefix, word) : NULL);
}

static const char *joined(nx_arena *a, const json_t *texts)
{
    char *out = nx_arena_strdup(a, "");
    for (size_t i = 0; out && i < json_array_size(texts); i++)
        out =
            nx_arena_printf(a, "%s%s%s", out, *out ? ", " : "", json_string_value(json_array_get(texts, i)));
    return out;
}

/* The link to the next page: the same path with the cursor. NULL: there is none. */
static void set_next(nx_view *v, nx_request *rq, const char *next, const char *more)
{
    nx_view_url(v, "next_url",
                next ? nx_arena_printf(rq->arena, "%s?cursor=%s%s", rq->path, next, more) : NULL);
}

static const char *encoded(nx_arena *a, const char *name, const char *value)
{
    nx_buf b;
    nx_buf_init(&b, a, 2048);
    if (!value) return "";
    nx_buf_addf(&b, "&%s=", name);
    nx_percent_encode(&b, nx_span_str(value));
    return nx_buf_str(&b);
}

static nx_result count_clients(nx_view *v, struct nx_operate_call *c)
{
    struct nx_client_page page = {.more = true};
    const char *after = NULL;
    int64_t n = 0;
    nx_view_list(v, "unreachable");
    while (page.more) {
        NX_TRY(nx_client_lines(c->house->registry, c->arena, after, NX_PAGE_MAX, &page));
        for (size_t i = 0; i < page.n; i++)
            if (page.v[i].unreachable) nx_view_text(nx_view_item(v, "unreachable"), "name", page.v[i].name);
        n += (int64_t)page.n;
        if (page.n > 0) after = page.v[page.n - 1].id;
    }
    nx_view_number(v, "clients", n);
    return NX_OK;
}

nx_result nx_console_home(nx_request *rq, nx_reply *rp)
{
    struct nx_outbox_depth depth;
    const struct nx_person_query all = {.text = NULL};
    int64_t people, qrs;
    NX_AUTO_JSON sessions = NULL;
    OPEN(NULL);
    struct nx_operate_call *c = &visit.call;
    NX_TRY(nx_person_count(c->house->registry, &all, &people));
    NX_TRY(nx_qr_identity_count(c->house->registry, &qrs));
    NX_TRY(nx_outbox_depth(c->house->registry, &depth));
    NX_TRY(nx_operate_session_recent(&sessions, c));
    NX_TRY(count_clients(v, c));
    nx_view_number(v, "people", people);
    nx_view_number(v, "qrs", qrs);
    nx_view_number(v, "sessions", (int64_t)json_array_size(nx_json_array(sessions, "items")));
    nx_view_flag(v, "pending", depth.waiting > 0);
    nx_view_number(v, "pending_count", depth.waiting);
    nx_reply_page(rp, 200, "console_home", v);
    return NX_OK;
}

static void show_person(nx_view *v, nx_arena *a, const json_t *p, const char *active_key)
{
    nx_view_text(v, "id", nx_json_str(p, "id"));
    nx_view_text(v, "user_name", nx_json_str(p, "user_name"));
    nx_view_text(v, "name", nx_json_str(p, "name"));
    set_word(v, a, "kind", "kind", nx_json_str(p, "kind"));
    set_word(v, a, "level", "level", nx_json_str(p, "proofing"));
    nx_view_flag(v, active_key, nx_json_bool(p, "active", false));
}

nx_result nx_console_people(nx_request *rq, nx_reply *rp)
{
    const struct nx_operate_page page = {.cursor = nx_query(rq, "cursor")};
    const char *text = nx_query(rq, "q");
    NX_AUTO_JSON list = NULL;
    OPEN(NULL);
    NX_TRY(nx_operate_person_list(&list, &visit.call, text, &page));
    const json_t *items = nx_json_array(list, "items");
    nx_view_text(v, "q", text);
    nx_view_list(v, "people");
    for (size_t i = 0; i < json_array_size(items); i++)
        show_person(nx_view_item(v, "people"), rq->arena, json_array_get(items, i), "active");
    set_next(v, rq, nx_json_str(list, "next"), encoded(rq->arena, "q", text));
    nx_reply_page(rp, 200, "console_people", v);
    return NX_OK;
}

static void show_qr(nx_view *v, const struct nx_qr_identity *q)
{
    nx_view_text(v, "id", q->qid.s);
    const char *kind = q->kind == NX_QR_PAPER ? "qr.paper" : "qr.device";
    nx_view_label(v, "kind", kind);
    if (q->label)
        nx_view_text(v, "label", q->label);
    else
        nx_view_label(v, "label", kind);
    nx_view_flag(v, "active", q->status == NX_QR_ACTIVE);
    nx_view_flag(v, "suspended", q->status == NX_QR_SUSPENDED);
    nx_view_flag(v, "pending", q->status == NX_QR_PENDING);
    nx_view_flag(v, "revoked", q->status == NX_QR_REVOKED);
    nx_view_time(v, "issued", q->issued);
    nx_view_time(v, "expires", q->expires);
    nx_view_text(v, "thumbprint", q->thumbprint);
}

static nx_result show_qrs(nx_view *v, struct nx_operate_call *c, const char *person)
{
    struct nx_qr_identity *q;
    size_t n;
    NX_TRY(nx_qr_identity_list(c->house->registry, c->arena, person, &q, &n));
    nx_view_list(v, "qrs");
    for (size_t i = 0; i < n; i++)
        show_qr(nx_view_item(v, "qrs"), &q[i]);
    return NX_OK;
}

/* What both lists of sessions show. */
static void show_session(nx_view *v, nx_arena *a, const json_t *s)
{
    nx_view_text(v, "id", nx_json_str(s, "id"));
    nx_view_text(v, "browser", nx_json_str(s, "agent"));
    nx_view_text(v, "network", NULL);
    nx_view_text(v, "since", nx_json_str(s, "created"));
    nx_view_text(v, "seen", nx_json_str(s, "last_seen"));
    set_word(v, a, "level", "level", nx_json_str(s, "level"));
    nx_view_text(v, "means", joined(a, nx_json_array(s, "amr")));
    nx_view_text(v, "portals", joined(a, nx_json_array(s, "client_ids")));
}

static nx_result show_sessions(nx_view *v, struct nx_operate_call *c, const char *person)
{
    NX_AUTO_JSON list = NULL;
    NX_TRY(nx_operate_session_list(&list, c, person));
    const json_t *items = nx_json_array(list, "items");
    nx_view_list(v, "sessions");
    for (size_t i = 0; i < json_array_size(items); i++)
        show_session(nx_view_item(v, "sessions"), c->arena, json_array_get(items, i));
    return NX_OK;
}

nx_result nx_console_person(nx_request *rq, nx_reply *rp)
{
    const char *token;
    NX_AUTO_JSON person = NULL;
    OPEN(NULL);
    NX_TRY(nx_operate_person_show(&person, &visit.call, nx_path(rq, "id")));
    const char *id = nx_json_str(person, "id");
    show_person(v, rq->arena, person, "person_active");
    NX_TRY(nx_csrf_token(&token, rq, rp, "/console/revoke"));
    nx_view_text(v, "csrf", token);
    NX_TRY(show_qrs(v, &visit.call, id));
    NX_TRY(show_sessions(v, &visit.call, id));
    nx_reply_page(rp, 200, "console_person", v);
    return NX_OK;
}

static nx_result show_session_line(nx_view *v, struct nx_operate_call *c, const json_t *s)
{
    struct nx_person p;
    const char *subject = nx_json_str(s, "subject");
    nx_result r = nx_person_get(c->house->registry, c->arena, subject, &p);
    if (r.e != NX_ERR_NOT_FOUND) NX_TRY(r);
    nx_view_text(v, "person_id", subject);
    nx_view_text(v, "person", nx_ok(r) ? p.name : subject);
    show_session(v, c->arena, s);
    return NX_OK;
}

nx_result nx_console_sessions(nx_request *rq, nx_reply *rp)
{
    NX_AUTO_JSON list = NULL;
    OPEN(NULL);
    NX_TRY(nx_operate_session_recent(&list, &visit.call));
    const json_t *items = nx_json_array(list, "items");
    nx_view_list(v, "sessions");
    for (size_t i = 0; i < json_array_size(items); i++)
        NX_TRY(show_session_line(nx_view_item(v, "sessions"), &visit.call, json_array_get(items, i)));
    nx_view_text(v, "next_url", NULL);
    nx_reply_page(rp, 200, "console_sessions", v);
    return NX_OK;
}

static nx_result show_client(nx_view *v, struct nx_operate_call *c, const char *id)
{
    NX_AUTO(nx_client) client = NULL;
    NX_TRY(nx_client_get(c->house->registry, nx_span_str(id), &client));
    nx_view_text(v, "id", client->id);
    nx_view_text(v, "name", client->name);
    nx_view_text(v, "org", client->organisation);
    nx_view_text(v, "host", client->sector);
    nx_view_flag(v, "backchannel", client->backchannel_logout_uri != NULL);
    nx_view_flag(v, "introspects", client->introspects);
    nx_view_flag(v, "unreachable", nx_client_unreachable(client));
    return NX_OK;
}

nx_result nx_console_clients(nx_request *rq, nx_reply *rp)
{
    struct nx_client_page page;
    OPEN(NULL);
    NX_TRY(nx_client_lines(visit.call.house->registry, rq->arena, nx_query(rq, "cursor"), 0, &page));
    nx_view_list(v, "clients");
    for (size_t i = 0; i < page.n; i++)
        NX_TRY(show_client(nx_view_item(v, "clients"), &visit.call, page.v[i].id));
    set_next(v, rq, page.more ? page.v[page.n - 1].id : NULL, "");
    nx_reply_page(rp, 200, "console_clients", v);
    return NX_OK;
}

static void show_entry(nx_view *v, nx_arena *a, const json_t *e)
{
    nx_view_number(v, "seq", nx_json_int(e, "seq", 0));
    nx_view_text(v, "at", nx_json_str(e, "at"));
    nx_view_text(v, "type", nx_json_str(e, "type"));
    nx_view_text(v, "actor", nx_json_str(e, "actor"));
    nx_view_text(v, "subject", nx_json_str(e, "subject"));
    nx_view_text(v, "detail", nx_json_dump(a, nx_json_object(e, "detail")));
}

nx_result nx_console_audit(nx_request *rq, nx_reply *rp)
{
    const struct nx_operate_audit_query q = {.subject = nx_query(rq, "subject"),
                                             .type = nx_query(rq, "type"),
                                             .page = {.cursor = nx_query(rq, "cursor")}};
    NX_AUTO_JSON list = NULL;
    OPEN("audit");
    NX_TRY(nx_operate_audit_list(&list, &visit.call, &q));
    const json_t *items = nx_json_array(list, "items");
    nx_view_text(v, "type", q.type);
    nx_view_text(v, "subject", q.subject);
    nx_view_list(v, "entries");
    for (size_t i = 0; i < json_array_size(items); i++)
        show_entry(nx_view_item(v, "entries"), rq->arena, json_array_get(items, i));
    const char *filters = nx_arena_printf(rq->arena, "%s%s", encoded(rq->arena, "type", q.type),
                                          encoded(rq->arena, "subject", q.subject));
    set_next(v, rq, nx_json_str(list, "next"), filters ? filters : "");
    nx_reply_page(rp, 200, "console_audit", v);
    return NX_OK;
}
