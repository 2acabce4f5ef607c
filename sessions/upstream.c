#include "sessions/upstream.h"

static struct nx_name named(const char *holder, const char *kind, const char *value)
{
    return (struct nx_name){.holder = holder, .kind = kind, .value = value};
}

/* "u:" and its id: no client is called so. */
static nx_result holder_of(const char **out, nx_arena *a, const struct nx_upstream_names *u)
{
    NX_REQUIRE(u->upstream && *u->upstream, NX_ERR_MISSING);
    *out = nx_arena_printf(a, "u:%s", u->upstream);
    NX_NEED(*out);
    return NX_OK;
}

nx_result nx_upstream_note(struct nx_upstream_mark *out, nx_store *st, nx_arena *a,
                           const struct nx_upstream_names *u, const char *person, int64_t life_s)
{
    const char *holder;
    *out = (struct nx_upstream_mark){0, 0};
    NX_TRY(holder_of(&holder, a, u));
    const struct nx_name subject = named(holder, "subject", u->subject), session = named(holder, "session", u->session);
    if (u->subject) NX_TRY(nx_name_note(st, a, &subject, person, life_s, &out->subject_ms));
    if (u->session) NX_TRY(nx_name_note(st, a, &session, person, life_s, &out->session_ms));
    return NX_OK;
}

nx_result nx_upstream_ended(bool *ended, nx_store *st, nx_arena *a, const struct nx_upstream_names *u,
                            const struct nx_upstream_mark *mark)
{
    const char *holder;
    *ended = false;
    NX_TRY(holder_of(&holder, a, u));
    const struct nx_name subject = named(holder, "subject", u->subject), session = named(holder, "session", u->session);
    if (u->subject) NX_TRY(nx_name_ended(st, a, &subject, mark->subject_ms, ended));
    /* a session that was over before we had noted it does not come back */
    if (u->session && !*ended) NX_TRY(nx_name_ended(st, a, &session, 0, ended));
    return NX_OK;
}

nx_result nx_upstream_keys(nx_id *subject, nx_id *session, const nx_store *st, const struct nx_upstream_names *u)
{
    char holder[2 + NX_EPOCH_NAME_MAX + 1];
    NX_REQUIRE(u->upstream && *u->upstream && strlen(u->upstream) <= NX_EPOCH_NAME_MAX, NX_ERR_RANGE);
    memcpy(holder, "u:", 2);
    memcpy(holder + 2, u->upstream, strlen(u->upstream) + 1);
    *subject = *session = (nx_id){""};
    const struct nx_name s = named(holder, "subject", u->subject), i = named(holder, "session", u->session);
    if (u->subject) NX_TRY(nx_name_key(subject, st, &s));
    if (u->session) NX_TRY(nx_name_key(session, st, &i));
    return NX_OK;
}

/* --- its logout ------------------------------------------------------------------------------------------ */

struct search {
    const struct nx_upstream_names *u;
    nx_id subject, session;
};

static bool matches(const struct nx_signon *s, const struct search *x)
{
    if (!s->upstream || strcmp(s->upstream, x->u->upstream) != 0) return false;
    if (x->u->subject && strcmp(s->upstream_subject.s, x->subject.s) != 0) return false;
    return !x->u->session || strcmp(s->upstream_session.s, x->session.s) == 0;
}

/* Marks first. A logout of one session leaves the subject's others, so it marks the session alone. */
static nx_result mark_and_find(const char **person, nx_store *st, nx_arena *a, const struct nx_upstream_names *u)
{
    const char *holder;
    enum nx_found found;
    NX_TRY(holder_of(&holder, a, u));
    const struct nx_name n = u->session ? named(holder, "session", u->session) : named(holder, "subject", u->subject);
    NX_TRY(nx_name_end(st, a, &n));
    return nx_name_find(st, a, &n, person, &found);
}

nx_result nx_upstream_sessions(struct nx_signon_list *out, nx_store *st, nx_arena *a,
                               const struct nx_upstream_names *u)
{
    struct search x = {.u = u};
    const char *person;
    *out = (struct nx_signon_list){NULL, 0};
    NX_REQUIRE(u->subject || u->session, NX_ERR_MISSING);
    NX_TRY(nx_upstream_keys(&x.subject, &x.session, st, u));
    NX_TRY(mark_and_find(&person, st, a, u));
    if (!person) return NX_OK;
    NX_TRY(nx_signon_list(st, a, person, out));
    size_t kept = 0;
    for (size_t i = 0; i < out->n; i++)
        if (matches(&out->v[i], &x)) out->v[kept++] = out->v[i];
    out->n = kept;
    return NX_OK;
}
