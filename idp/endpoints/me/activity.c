/* Recent activity: what the audit trail says of her, in the words of the page. Types without a row are not
 * shown: token issues are many and say nothing that the sign-in before them does not. */
#include "endpoints/me/me.h"

#include "base/json.h"
#include "base/text.h"
#include "house/house.h"
#include "registry/audit.h"

#define LOOKED_AT 100
#define SHOWN 12

static const struct {
    const char *type;
    const char *key;
    const char *undo; /* the act of /me that takes it back; NULL: none */
    const char *what; /* the member of detail that names what it is about */
} rows[] = {
    {"session.started", "act.session_started", NULL, NULL},
    {"session.raised", "act.session_raised", NULL, NULL},
    {"session.revoke", "act.session_ended", NULL, NULL},
    {"sign-out.revoke", "act.signed_out", NULL, NULL},
    {"person.revoke", "act.everywhere", NULL, NULL},
    {"password.changed", "act.password", NULL, NULL},
    {"consent.given", "act.consent_given", NULL, NULL},
    {"consent.withdrawn", "act.consent_withdrawn", NULL, NULL},
    {"grant.revoke", "act.grant_ended", NULL, NULL},
    {"qr.enrolled", "act.qr_enrolled", "undo", "qid"},
    {"qr.revoke", "act.qr_revoked", NULL, NULL},
    {"qr.suspend", "act.qr_suspended", NULL, NULL},
    {"qr.resume", "act.qr_resumed", NULL, NULL},
    {"one-time.enrolled", "act.one_time_enrolled", NULL, NULL},
    {"one-time.created", "act.one_time_created", NULL, NULL},
    {"one-time.removed", "act.one_time_removed", NULL, NULL},
    {"person.verified", "act.verified", NULL, NULL},
    {"recovery.made", "act.recovery_made", NULL, NULL},
    {"recovery.used", "act.recovery_used", NULL, NULL},
    {"second-factor.choice", "act.second_choice", NULL, NULL},
    {"pin.changed", "act.pin", NULL, NULL},
    {"passkey.enrolled", "act.passkey_enrolled", "undo-passkey", "passkey"},
    {"passkey.removed", "act.passkey_removed", NULL, NULL},
    {"passkey.flagged", "act.passkey_flagged", NULL, NULL},
    {"certificate.bound", "act.certificate_bound", NULL, NULL},
    {"certificate.removed", "act.certificate_removed", NULL, NULL},
    {"link.added", "act.link_added", NULL, NULL},
    {"link.removed", "act.link_removed", NULL, NULL},
    {"person.created", "act.person_created", NULL, NULL},
};

const char *nx_me_act_key(const char *type)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (strcmp(rows[i].type, type) == 0) return rows[i].key;
    return NULL;
}

static bool add_entry(nx_view *v, const struct nx_audit_entry *e)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (strcmp(rows[i].type, e->type) != 0) continue;
        NX_AUTO_JSON detail = NULL;
        nx_ignore(nx_json_parse_object(&detail, nx_span_str(e->detail))); /* without it the line is shorter */
        nx_view *item = nx_view_item(v, "activity");
        nx_view_time(item, "at", e->at);
        nx_view_label(item, "text", rows[i].key);
        nx_view_text(item, "where", nx_json_str(detail, "browser"));
        nx_view_text(item, "undo", rows[i].undo ? nx_json_str(detail, rows[i].what) : NULL);
        nx_view_text(item, "undo_act", rows[i].undo);
        return true;
    }
    return false;
}

static int64_t cursor_of(const nx_request *rq)
{
    uint64_t before = 0;
    const char *text = nx_query(rq, "before");
    if (text && !nx_ok(nx_parse_u64(&before, nx_span_str(text), INT64_MAX))) return 0;
    return (int64_t)before;
}

nx_result nx_me_activity(nx_view *v, struct nx_self *s)
{
    struct nx_audit_query q = {.subject = s->id, .before = cursor_of(s->rq), .limit = LOOKED_AT};
    struct nx_audit_page page;
    size_t shown = 0, i = 0;
    NX_TRY(nx_audit_list(s->house->registry, s->rq->arena, &q, &page));
    nx_view_list(v, "activity");
    nx_view_text(v, "more_url", NULL);
    for (; i < page.n && shown < SHOWN; i++)
        shown += add_entry(v, &page.v[i]);
    if (i > 0 && (i < page.n || page.more))
        nx_view_url(v, "more_url",
                    nx_arena_printf(s->rq->arena, "/me?before=%lld", (long long)page.v[i - 1].seq));
    return NX_OK;
}
