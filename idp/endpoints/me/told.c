#include "endpoints/me/told.h"

#include "authn/one_time_sent.h"
#include "base/json.h"
#include "endpoints/me/me.h"
#include "registry/outbox.h"
#include "registry/person.h"
#include "sessions/throttle.h"

/* A mailbox before a number: it takes longer texts and costs nothing. NULL: she cannot be reached. */
static const char *reach(enum nx_channel *channel, const struct nx_house *house, const struct nx_person *p)
{
    static const enum nx_channel order[] = {NX_CHANNEL_EMAIL, NX_CHANNEL_SMS};
    for (size_t i = 0; i < sizeof order / sizeof order[0]; i++) {
        const char *to = nx_sent_target(house, p, order[i]);
        *channel = order[i];
        if (to) return to;
    }
    return NULL;
}

/* Who is in her account must not be able to make us call her all night. */
static nx_result may_tell(struct nx_house *house, nx_arena *a, const struct nx_person *p)
{
    struct nx_throttled t = {.allowed = false};
    const struct nx_attempt attempt = {.row = NX_THROTTLE_TOLD, .account = p->id.s};
    NX_TRY(nx_throttle_take(house->store, a, &attempt, &t));
    NX_REQUIRE(t.allowed, NX_ERR_HTTP_RATE);
    return NX_OK;
}

static nx_result write(struct nx_message *m, struct nx_house *house, nx_arena *a, const char *key)
{
    const char *what = house->text(house->text_ctx, a, m->lang, key);
    const char *otherwise = house->text(house->text_ctx, a, m->lang, "message.told_otherwise");
    m->subject = house->text(house->text_ctx, a, m->lang, "message.told_subject");
    NX_REQUIRE(what && otherwise && m->subject, NX_ERR_MEMORY);
    NX_NEED(m->text = nx_arena_printf(a, "NIXA: %s. %s %s/me", what, otherwise, house->issuer));
    return NX_OK;
}

static nx_result build(struct nx_egress_request *out, struct nx_house *house, nx_arena *a, const struct nx_notice *notice)
{
    struct nx_person person;
    NX_AUTO_JSON payload = NULL;
    NX_TRY(nx_json_parse_object(&payload, nx_span_str(notice->payload)));
    const char *key = nx_me_act_key(nx_json_str(payload, "type"));
    NX_REQUIRE(key && house->text, NX_ERR_NOT_FOUND);
    NX_TRY(nx_person_get(house->registry, a, notice->target, &person));
    bool english = person.locale && strncmp(person.locale, "en", 2) == 0;
    struct nx_message m = {.lang = english ? "en" : "vi"};
    m.to = reach(&m.channel, house, &person);
    NX_REQUIRE(m.to, NX_ERR_NOT_FOUND);
    NX_TRY(may_tell(house, a, &person));
    NX_TRY(write(&m, house, a, key));
    return nx_gateway_request(out, house, a, &m);
}

static bool confirmed(struct nx_house *house, nx_arena *a, const struct nx_notice *notice,
                      const struct nx_egress_reply *reply)
{
    (void)house, (void)a, (void)notice;
    return reply->status >= 200 && reply->status < 300;
}

const struct nx_notice_kind nx_notice_person = {.name = NX_NOTICE_PERSON, .build = build, .confirmed = confirmed};
