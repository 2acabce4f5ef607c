/* GET /me/paper: her paper QR identity as a page to print. The texts are signed anew at each look and say the same:
 * only the row of the identity decides whether they serve, and the PIN is on no paper. */
#include "endpoints/me/me.h"
#include "endpoints/qr/qr.h"
#include "house/house.h"
#include "qr/issue.h"

#define GROUP 4 /* characters between the spaces of the printed name */

/* "abcd efgh …": as login_paper takes it. */
static char *spaced(nx_arena *a, const char *qid)
{
    nx_buf out;
    nx_buf_init(&out, a, 2 * NX_ID_LEN);
    for (size_t i = 0; qid[i]; i++)
        nx_buf_addf(&out, i && i % GROUP == 0 ? " %c" : "%c", qid[i]);
    return nx_buf_str(&out);
}

static nx_result add_code(nx_view *v, nx_arena *a, const char *name, const char *text)
{
    nx_view *item = nx_view_item(v, "codes");
    nx_view_label(item, "title", nx_arena_printf(a, "paper.%s", name));
    nx_view_label(item, "what", nx_arena_printf(a, "paper.%s_what", name));
    nx_view_flag(item, "handle", strcmp(name, "handle") == 0);
    return nx_qr_symbol_view(item, a, text);
}

static nx_result show(struct nx_self *s, const struct nx_qr_identity *q)
{
    nx_arena *a = s->rq->arena;
    struct nx_qr_texts texts;
    nx_view *v = NULL;
    NX_TRY(nx_qr_issue(&texts, a, s->house, q, nx_now()));
    NX_TRY(nx_form_view(&v, s->rq, s->rp, "/me/paper"));
    nx_view_text(v, "name", s->gate.person.name);
    nx_view_text(v, "id", spaced(a, q->qid.s));
    nx_view_time(v, "issued", q->issued);
    nx_view_time(v, "expires", q->expires);
    NX_TRY(add_code(v, a, "handle", texts.handle));
    NX_TRY(add_code(v, a, "card", texts.card));
    nx_reply_page(s->rp, 200, "me_paper", v);
    return NX_OK;
}

nx_result nx_me_paper_page(nx_request *rq, nx_reply *rp)
{
    struct nx_self s;
    struct nx_qr_identity q;
    nx_result r = nx_me_open_paper(&s, &q, rq, rp, nx_query(rq, "id"));
    return nx_ok(r) ? show(&s, &q) : nx_self_answer(&s, r, "/me");
}
