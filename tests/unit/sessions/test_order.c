/* QR orders: every step that the line has, none that it has not, and the clocks. */
#include "rig.h"

static struct nx_order begun(struct rig *g)
{
    struct nx_order o;
    OK(nx_order_begin(g->st, g->a, NX_LIT("context"), &o));
    assert_int_equal(o.state, NX_ORDER_SHOWN);
    assert_int_equal(o.deadline_ms - o.created_ms, NX_ORDER_SHOWN_S * 1000);
    return o;
}

static struct nx_order at(struct rig *g, enum nx_order_state to)
{
    static const enum nx_order_state line[] = {NX_ORDER_CONTEXT, NX_ORDER_APPROVED, NX_ORDER_DIGITS,
                                               NX_ORDER_DONE};
    struct nx_order o = begun(g);
    enum nx_found found;
    if (to == NX_ORDER_SHOWN) return o;
    OK(nx_order_take(g->st, g->a, o.id.s, "phone", NX_SPAN_NONE, &o, &found));
    for (size_t i = 0; i < 4 && o.state < to; i++) {
        OK(nx_order_step(g->st, g->a, &o, line[i], NX_SPAN_NONE, &found));
        assert_int_equal(found, NX_FOUND);
    }
    assert_int_equal(o.state, to);
    return o;
}

static void test_the_line(void **state)
{
    RIG(state);
    struct nx_order o = begun(g);
    enum nx_found found;
    OK(nx_order_take(st, a, o.id.s, "phone", NX_LIT("taken"), &o, &found));
    assert_int_equal(found, NX_FOUND);
    assert_int_equal(o.state, NX_ORDER_TAKEN);
    assert_string_equal(o.by, "phone");
    assert_int_equal(o.deadline_ms - o.now_ms, NX_ORDER_TAKEN_S * 1000);
    OK(nx_order_find(st, a, o.id.s, &o, &found));
    assert_true(nx_span_eq_str(o.body, "taken"));
    OK(nx_order_step(st, a, &o, NX_ORDER_CONTEXT, NX_SPAN_NONE, &found));
    assert_true(nx_span_eq_str(o.body, "taken")); /* kept */
    OK(nx_order_step(st, a, &o, NX_ORDER_APPROVED, NX_LIT("digits 1234"), &found));
    OK(nx_order_try(st, a, o.id.s, &o, &found));
    assert_int_equal(found, NX_FOUND);
    assert_int_equal(o.tries, 1);
    assert_true(nx_span_eq_str(o.body, "digits 1234"));
    OK(nx_order_step(st, a, &o, NX_ORDER_DIGITS, NX_SPAN_NONE, &found));
    OK(nx_order_step(st, a, &o, NX_ORDER_DONE, NX_SPAN_NONE, &found));
    assert_int_equal(found, NX_FOUND);
    assert_int_equal(o.state, NX_ORDER_DONE);
    OK(nx_order_kill(st, a, o.id.s, "declined", &found));
    assert_int_equal(found, NX_SPENT);
    OK(nx_order_find(st, a, o.id.s, &o, &found));
    assert_int_equal(o.state, NX_ORDER_DONE);
    nx_clock_shift(61);
    OK(nx_order_find(st, a, o.id.s, &o, &found));
    assert_int_equal(found, NX_GONE);
}

static void test_no_other_step(void **state)
{
    RIG(state);
    static const bool allowed[7][7] = {[NX_ORDER_TAKEN][NX_ORDER_CONTEXT] = true,
                                       [NX_ORDER_CONTEXT][NX_ORDER_APPROVED] = true,
                                       [NX_ORDER_APPROVED][NX_ORDER_DIGITS] = true,
                                       [NX_ORDER_APPROVED][NX_ORDER_DONE] = true,
                                       [NX_ORDER_DIGITS][NX_ORDER_DONE] = true};
    for (int from = NX_ORDER_SHOWN; from <= NX_ORDER_DONE; from++)
        for (int to = NX_ORDER_SHOWN; to <= NX_ORDER_DEAD; to++) {
            struct nx_order o = at(g, (enum nx_order_state)from);
            enum nx_found found;
            nx_err e = nx_order_step(st, a, &o, (enum nx_order_state)to, NX_SPAN_NONE, &found).e;
            assert_int_equal(e, allowed[from][to] ? NX_ERR_NONE : NX_ERR_CONFLICT);
        }
}

static void test_rule_04_a_second_signed_scan_kills(void **state)
{
    RIG(state);
    for (int from = NX_ORDER_TAKEN; from <= NX_ORDER_DIGITS; from++) {
        struct nx_order o = at(g, (enum nx_order_state)from), r;
        enum nx_found found;
        OK(nx_order_take(st, a, o.id.s, "phone", NX_SPAN_NONE, &r, &found)); /* its own, repeated */
        assert_int_equal(found, NX_FOUND);
        assert_int_equal(r.state, from);
        OK(nx_order_take(st, a, o.id.s, "thief", NX_SPAN_NONE, &r, &found));
        assert_int_equal(found, NX_SPENT);
        assert_int_equal(r.state, NX_ORDER_DEAD);
        assert_string_equal(r.why, "second");
        assert_string_equal(r.by, "phone");
        OK(nx_order_step(st, a, &o, (enum nx_order_state)(from + 1), NX_SPAN_NONE, &found));
        assert_int_equal(found, NX_SPENT);
    }
}

static void test_rule_04_sixty_seconds_to_be_taken_then_two_minutes(void **state)
{
    RIG(state);
    struct nx_order o = begun(g), p = begun(g), r;
    enum nx_found found;
    nx_clock_shift(59);
    OK(nx_order_take(st, a, o.id.s, "phone", NX_SPAN_NONE, &r, &found));
    assert_int_equal(found, NX_FOUND);
    nx_clock_shift(61);
    OK(nx_order_take(st, a, p.id.s, "phone", NX_SPAN_NONE, &r, &found));
    assert_int_equal(found, NX_GONE);
    nx_clock_shift(59 + 118);
    OK(nx_order_find(st, a, o.id.s, &r, &found));
    assert_int_equal(found, NX_FOUND);
    nx_clock_shift(59 + 121);
    OK(nx_order_step(st, a, &r, NX_ORDER_CONTEXT, NX_SPAN_NONE, &found));
    assert_int_equal(found, NX_GONE);
}

static void test_rule_09_three_tries(void **state)
{
    RIG(state);
    struct nx_order o = at(g, NX_ORDER_CONTEXT), r;
    enum nx_found found;
    OK(nx_order_try(st, a, o.id.s, &r, &found)); /* not approved yet */
    assert_int_equal(found, NX_SPENT);
    assert_int_equal(r.state, NX_ORDER_CONTEXT);
    OK(nx_order_step(st, a, &o, NX_ORDER_APPROVED, NX_SPAN_NONE, &found));
    for (unsigned i = 1; i <= NX_ORDER_TRIES; i++) {
        OK(nx_order_try(st, a, o.id.s, &r, &found));
        assert_int_equal(found, NX_FOUND);
        assert_int_equal(r.tries, i);
    }
    OK(nx_order_try(st, a, o.id.s, &r, &found));
    assert_int_equal(found, NX_SPENT);
    assert_int_equal(r.state, NX_ORDER_DEAD);
    assert_string_equal(r.why, "digits");
}

static void test_decline(void **state)
{
    RIG(state);
    struct nx_order o = at(g, NX_ORDER_CONTEXT), r;
    enum nx_found found;
    OK(nx_order_kill(st, a, o.id.s, "declined", &found));
    assert_int_equal(found, NX_FOUND);
    OK(nx_order_find(st, a, o.id.s, &r, &found));
    assert_int_equal(r.state, NX_ORDER_DEAD);
    assert_string_equal(r.why, "declined");
    OK(nx_order_kill(st, a, o.id.s, "again", &found));
    assert_int_equal(found, NX_SPENT);
    assert_int_equal(nx_order_kill(st, a, o.id.s, "two words", &found).e, NX_ERR_RANGE);
    assert_int_equal(nx_order_take(st, a, o.id.s, "a b", NX_SPAN_NONE, &r, &found).e, NX_ERR_RANGE);
    OK(nx_order_find(st, a, "nonsense", &r, &found));
    assert_int_equal(found, NX_GONE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        NX_ALL(test_the_line),
        NX_BOTH(test_no_other_step),
        NX_BOTH(test_rule_04_a_second_signed_scan_kills),
        NX_BOTH(test_rule_04_sixty_seconds_to_be_taken_then_two_minutes),
        NX_BOTH(test_rule_09_three_tries),
        NX_BOTH(test_decline),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
