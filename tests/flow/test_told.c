/* Messages about changes to an account: to whom, in which words, and how often. What the gateway gets and when is in
 * tests/integration/test_second.mjs. */
#include "rig.h"

#include "egress/egress.h"
#include "endpoints/me/told.h"
#include "registry/outbox.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

static struct rig rig;

static int up(void **state)
{
    (void)state;
    if (rig_up(&rig) != 0) return -1;
    rig.settings.email_gateway = "https://mail.example/send";
    rig.settings.sms_gateway = "https://sms.example/send";
    return nx_ok(nx_egress_open(&rig_house(&rig)->egress, &(struct nx_egress_settings){.allow = NULL})) ? 0 : -1;
}

static int down(void **state)
{
    (void)state;
    rig_down(&rig);
    return 0;
}

static void reachable(bool email, bool phone, const char *locale)
{
    struct nx_registry *r = rig_house(&rig)->registry;
    struct nx_person p;
    assert_true(nx_ok(nx_person_get(r, rig.arena, rig.lan.id, &p)));
    p.email = "lan@example.vn";
    p.phone = "+84912345678";
    p.email_verified = email;
    p.phone_verified = phone;
    p.locale = locale;
    assert_true(nx_ok(nx_person_replace(r, &p, 0)));
}

static nx_err tell(struct nx_egress_request *out, const char *person, const char *type)
{
    const struct nx_notice n = {.kind = NX_NOTICE_PERSON,
                                .target = person,
                                .payload = nx_arena_printf(rig.arena, "{\"type\":\"%s\"}", type)};
    return nx_notice_person.build(out, rig_house(&rig), rig.arena, &n).e;
}

static void assert_sent(const struct nx_egress_request *rq, const char *channel, const char *to, const char *text)
{
    NX_AUTO_JSON j = NULL;
    assert_true(nx_ok(nx_json_parse_object(&j, rq->body)));
    assert_string_equal(nx_json_str(j, "channel"), channel);
    assert_string_equal(nx_json_str(j, "to"), to);
    assert_non_null(strstr(nx_json_str(j, "text"), text));
    assert_non_null(strstr(nx_json_str(j, "text"), RIG_ISSUER "/me"));
}

static void by_what_is_verified_in_her_language(void **state)
{
    (void)state;
    struct nx_egress_request rq;
    reachable(true, true, "vi");
    assert_int_equal(tell(&rq, rig.lan.id, "passkey.enrolled"), NX_ERR_NONE);
    assert_sent(&rq, "email", "lan@example.vn", "Thêm khóa đăng nhập");
    reachable(false, true, "en-GB");
    assert_int_equal(tell(&rq, rig.lan.id, "certificate.bound"), NX_ERR_NONE);
    assert_sent(&rq, "sms", "+84912345678", "Certificate added");
    rig.settings.sms_gateway = "";
    assert_int_equal(tell(&rq, rig.lan.id, "certificate.bound"), NX_ERR_NOT_FOUND);
}

/* Whoever the mailbox belongs to, it was not shown to be hers. */
static void test_rule_03_nobody_else_is_told(void **state)
{
    (void)state;
    struct nx_egress_request rq;
    reachable(false, false, "vi");
    assert_int_equal(tell(&rq, rig.lan.id, "passkey.enrolled"), NX_ERR_NOT_FOUND);
    assert_int_equal(tell(&rq, "aaaaaaaaaaaaaaaaaaaaaaaaaa", "passkey.enrolled"), NX_ERR_NOT_FOUND);
    reachable(true, true, "vi");
    assert_int_equal(tell(&rq, rig.lan.id, "nothing.known"), NX_ERR_NOT_FOUND);
}

static void only_so_often(void **state)
{
    (void)state;
    struct nx_egress_request rq;
    nx_err e = NX_ERR_NONE;
    int told = 0;
    reachable(true, true, "vi");
    while (told < 50 && (e = tell(&rq, rig.lan.id, "passkey.enrolled")) == NX_ERR_NONE)
        told++;
    assert_in_range(told, 2, 10);
    assert_int_equal(e, NX_ERR_HTTP_RATE);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, up, down)
    const struct CMUnitTest tests[] = {
        T(by_what_is_verified_in_her_language),
        T(test_rule_03_nobody_else_is_told),
        T(only_so_often),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
