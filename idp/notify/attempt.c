#include "notify/attempt.h"

#include "base/log.h"
#include "crypto/random.h"

#define DOUBLINGS_MAX 10

int64_t nx_backoff_s(int64_t tries, uint32_t draw)
{
    int64_t doublings = tries > 1 ? tries - 1 : 0;
    int64_t base = (int64_t)1 << (doublings < DOUBLINGS_MAX ? doublings : DOUBLINGS_MAX);
    if (base > NX_BACKOFF_MAX_S) base = NX_BACKOFF_MAX_S;
    return base + draw % (base / 2 + 1);
}

static const struct nx_notice_kind *kind_of(const struct nx_notify_plan *plan, const char *name)
{
    for (size_t i = 0; i < plan->kind_count; i++)
        if (strcmp(plan->kinds[i]->name, name) == 0) return plan->kinds[i];
    return NULL;
}

/* Why a try failed, as a word for the row: the name of an error, or the status that came back. */
struct verdict {
    const char *word; /* NULL: delivered */
    bool over;        /* no further try makes sense */
};

static struct verdict deliver(struct nx_house *house, nx_arena *a, const struct nx_notify_plan *plan,
                              const struct nx_notice *notice)
{
    const struct nx_notice_kind *kind = kind_of(plan, notice->kind);
    if (!kind) return (struct verdict){"unknown_kind", false}; /* a newer node's, which will take it */
    struct nx_egress_request request = {.url = NULL};
    struct nx_egress_reply reply;
    nx_result r = kind->build(&request, house, a, notice);
    if (r.e == NX_ERR_NOT_FOUND) return (struct verdict){"nobody_left", true};
    if (nx_ok(r)) r = nx_egress_call(&reply, a, house->egress, &request);
    if (!nx_ok(r)) return (struct verdict){nx_err_name(r.e), false};
    if (kind->confirmed(house, a, notice, &reply)) return (struct verdict){NULL, false};
    const char *word = nx_arena_printf(a, "http_%d", reply.status);
    return (struct verdict){word ? word : "http", false};
}

static nx_result retry_later(struct nx_house *house, const struct nx_notice *notice, nx_time now,
                             const char *word)
{
    uint32_t draw;
    nx_result r = nx_random(&draw, sizeof draw);
    if (!nx_ok(r)) draw = (uint32_t)notice->id; /* spread is all that is wanted */
    return nx_outbox_retry(house->registry, notice->id, now + nx_backoff_s(notice->tries, draw), word);
}

NX_FALLIBLE nx_attempt(enum nx_attempt *outcome, struct nx_house *house, nx_arena *a,
                       const struct nx_notify_plan *plan, const struct nx_notice *notice)
{
    struct verdict v = deliver(house, a, plan, notice);
    nx_time now = nx_now();
    if (!v.word) {
        *outcome = NX_ATTEMPT_DELIVERED;
        return nx_outbox_delivered(house->registry, notice->id, now);
    }
    bool over = v.over || now - notice->created >= plan->horizon_s;
    nx_log(over ? NX_ERROR : NX_WARN, over ? "notice_given_up" : "notice_failed",
           NX_NUM("notice", notice->id), NX_TEXT("kind", notice->kind), NX_NUM("tries", notice->tries),
           NX_TEXT("why", v.word));
    *outcome = over ? NX_ATTEMPT_GIVEN_UP : NX_ATTEMPT_FAILED;
    if (over) return nx_outbox_give_up(house->registry, notice->id, now, v.word);
    return retry_later(house, notice, now, v.word);
}
