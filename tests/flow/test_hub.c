/* Whom an upstream's word makes here: the rules of linking, each alone. */
#include "rig.h"

#include "hub/choose.h"
#include "hub/hub.h"
#include "hub/linking.h"
#include "registry/audit.h"
#include "registry/epoch.h"
#include "revoke/revoke.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define NUMBER "001190000017"

static struct rig rig;

static int up(void **state)
{
    (void)state;
    return rig_up(&rig);
}

static int down(void **state)
{
    (void)state;
    rig_down(&rig);
    return 0;
}

#define assert_ok(call) assert_string_equal(nx_err_name((call).e), nx_err_name(NX_ERR_NONE))
#define assert_err(call, err) assert_string_equal(nx_err_name((call).e), nx_err_name(err))

static nx_registry *registry(void)
{
    return rig_house(&rig)->registry;
}

struct traits {
    int level_cap;
    int proofing;
    unsigned jit;
    bool trusts_number;
    const char *config;
};

static void add(const char *id, const char *name, const struct traits *t)
{
    NX_AUTO_JSON config = json_loads(t->config ? t->config : "{}", 0, NULL);
    const struct nx_upstream_record u = {.id = id,
                                         .kind = NX_UPSTREAM_OIDC,
                                         .name = name,
                                         .issuer = "https://op.example",
                                         .level_cap = t->level_cap ? t->level_cap : 3,
                                         .proofing = t->proofing ? t->proofing : 1,
                                         .jit = t->jit,
                                         .trusts_number = t->trusts_number,
                                         .config = config};
    assert_ok(nx_upstream_create(registry(), rig_house(&rig)->master, &u));
    assert_ok(nx_upstream_set_state(registry(), id, true));
}

/* Comes with that subject, at m3. */
static nx_result come(struct nx_hub_outcome *out, const char *upstream, const char *subject,
                      const struct nx_identity_person *said)
{
    NX_AUTO_UPSTREAM u = NULL;
    assert_ok(nx_upstream_get(registry(), nx_span_str(upstream), &u));
    struct nx_identity who = {.upstream = u, .subject = subject, .level = NX_M3, .means = NX_MEANS_UPSTREAM};
    if (said) who.person = *said;
    nx_result r = nx_hub_sign_in(out, rig_house(&rig), rig.arena, &who);
    out->proof.upstream = NULL; /* borrowed from the row, which goes */
    return r;
}

static void test_nobody_is_made_where_the_row_does_not_say_so(void **state)
{
    struct nx_hub_outcome out;
    (void)state;
    add("op", "Provider", &(struct traits){.jit = 0});
    assert_ok(come(&out, "op", "s1", NULL));
    assert_int_equal(out.end, NX_HUB_UNKNOWN);
    add("officials", "Officials", &(struct traits){.jit = 1u << NX_OFFICIAL});
    assert_ok(come(&out, "officials", "s1", &(struct nx_identity_person){.kind = NX_CITIZEN}));
    assert_int_equal(out.end, NX_HUB_UNKNOWN);
}

static void test_a_person_is_made_with_the_proofing_of_the_row(void **state)
{
    struct nx_hub_outcome out, again;
    struct nx_person p;
    const struct nx_identity_person said = {
        .name = "Trần Văn An", .birthdate = "no date", .email = "lan@example.vn", .kind = NX_CITIZEN};
    (void)state;
    add("op", "Provider", &(struct traits){.jit = 1u << NX_CITIZEN, .proofing = 2, .level_cap = 2});
    assert_ok(come(&out, "op", "s1", &said));
    assert_int_equal(out.end, NX_HUB_PROVEN);
    assert_true(out.made);
    assert_int_equal(out.proof.bound_at, 2); /* m3 there, capped */
    assert_int_equal(out.proof.means, NX_MEANS_UPSTREAM);
    assert_ok(nx_person_get(registry(), rig.arena, out.proof.person, &p));
    assert_int_equal(p.proofing, 2);
    assert_string_equal(p.name, "Trần Văn An");
    assert_null(p.birthdate); /* what does not fit is left out */
    assert_false(p.email_verified);
    assert_ok(come(&again, "op", "s1", NULL));
    assert_false(again.made);
    assert_string_equal(again.proof.person, out.proof.person);
}

/* SECURITY: an address is a word of somebody else. */
static void test_an_e_mail_address_finds_nobody(void **state)
{
    struct nx_hub_outcome out;
    struct nx_person p;
    (void)state;
    add("op", "Provider", &(struct traits){.jit = 0, .trusts_number = true});
    assert_ok(nx_person_get(registry(), rig.arena, rig.lan.id, &p));
    p.email = "lan@example.vn";
    p.email_verified = true;
    assert_ok(nx_person_replace(registry(), &p, 0));
    assert_ok(come(&out, "op", "s1", &(struct nx_identity_person){.email = "lan@example.vn", .name = p.name}));
    assert_int_equal(out.end, NX_HUB_UNKNOWN);
}

static void give_number(const char *person)
{
    struct nx_identifier id;
    assert_ok(nx_identifier_make(&id, NX_SCHEME_NATIONAL_ID, NX_LIT(NUMBER)));
    assert_ok(nx_identifier_replace(registry(), person, &id, 1));
}

static void test_a_number_finds_a_person_for_a_trusted_upstream_alone(void **state)
{
    struct nx_hub_outcome out;
    struct nx_link l;
    const struct nx_identity_person said = {.national_id = NUMBER};
    (void)state;
    give_number(rig.minh.id);
    add("any", "Any", &(struct traits){.trusts_number = false});
    add("trusted", "Trusted", &(struct traits){.trusts_number = true});
    assert_ok(come(&out, "any", "s1", &said));
    assert_int_equal(out.end, NX_HUB_UNKNOWN);
    assert_ok(come(&out, "trusted", "s1", &said));
    assert_int_equal(out.end, NX_HUB_PROVEN);
    assert_string_equal(out.proof.person, rig.minh.id);
    assert_ok(nx_link_find(registry(), rig.arena, "trusted", NX_LIT("s1"), &l));
    assert_int_equal(l.how, NX_LINK_NUMBER);
    assert_ok(come(&out, "trusted", "s2", &(struct nx_identity_person){.national_id = "1234"}));
    assert_int_equal(out.end, NX_HUB_UNKNOWN);
}

static void make_inactive(const char *person)
{
    struct nx_person p;
    assert_ok(nx_person_get(registry(), rig.arena, person, &p));
    p.active = false;
    assert_ok(nx_person_replace(registry(), &p, 0));
}

static void test_an_inactive_person_is_refused_and_not_linked(void **state)
{
    struct nx_hub_outcome out;
    int64_t links;
    (void)state;
    give_number(rig.minh.id);
    add("trusted", "Trusted", &(struct traits){.trusts_number = true, .jit = 1});
    make_inactive(rig.minh.id);
    assert_err(come(&out, "trusted", "s1", &(struct nx_identity_person){.national_id = NUMBER}),
               NX_ERR_PERSON_INACTIVE);
    assert_ok(nx_link_count(registry(), "trusted", &links));
    assert_int_equal(links, 0);
    assert_ok(nx_link_add(registry(), "trusted", NX_LIT("s2"), rig.lan.id, NX_LINK_ADMIN));
    make_inactive(rig.lan.id);
    assert_err(come(&out, "trusted", "s2", NULL), NX_ERR_PERSON_INACTIVE);
}

static void test_a_subject_of_one_upstream_is_nobody_at_another(void **state)
{
    struct nx_hub_outcome out;
    (void)state;
    add("one", "One", &(struct traits){.jit = 0});
    add("two", "Two", &(struct traits){.jit = 0});
    assert_ok(nx_link_add(registry(), "one", NX_LIT("s1"), rig.lan.id, NX_LINK_PROVEN));
    assert_ok(come(&out, "one", "s1", NULL));
    assert_string_equal(out.proof.person, rig.lan.id);
    assert_ok(come(&out, "two", "s1", NULL));
    assert_int_equal(out.end, NX_HUB_UNKNOWN);
}

static void test_one_that_is_off_brings_nobody_in(void **state)
{
    struct nx_hub_outcome out;
    (void)state;
    add("op", "Provider", &(struct traits){.jit = 1});
    assert_ok(nx_upstream_set_state(registry(), "op", false));
    assert_err(come(&out, "op", "s1", NULL), NX_ERR_UPSTREAM_OFF);
}

/* On, off, on: what was under way meanwhile is over. */
static void test_a_sign_in_that_began_under_another_epoch_is_over(void **state)
{
    struct nx_hub_outcome out;
    int64_t value;
    NX_AUTO_UPSTREAM u = NULL;
    (void)state;
    add("op", "Provider", &(struct traits){.jit = 1});
    assert_ok(nx_upstream_get(registry(), NX_LIT("op"), &u));
    const struct nx_identity who = {.upstream = u, .subject = "s1", .epoch_known = true, .epoch = 0};
    assert_ok(nx_hub_sign_in(&out, rig_house(&rig), rig.arena, &who));
    assert_ok(nx_registry_epoch_raise(registry(), NX_EPOCH_UPSTREAM, "op", &value));
    assert_err(nx_hub_sign_in(&out, rig_house(&rig), rig.arena, &who), NX_ERR_UPSTREAM_OFF);
}

static void test_levels_by_the_rows_map_and_never_above_its_cap(void **state)
{
    NX_AUTO_UPSTREAM u = NULL;
    (void)state;
    add("op", "Provider",
        &(struct traits){.level_cap = 2, .config = "{\"levels\":{\"card\":\"m3\",\"word\":\"m1\"},\"level\":\"m2\"}"});
    assert_ok(nx_upstream_get(registry(), NX_LIT("op"), &u));
    assert_int_equal(nx_hub_level(u, "card"), NX_M2);
    assert_int_equal(nx_hub_level(u, "word"), NX_M1);
    assert_int_equal(nx_hub_level(u, "never heard"), NX_M2);
    assert_int_equal(nx_hub_level(u, NULL), NX_M2);
}

static void test_choosing_finds_by_the_beginnings_of_words(void **state)
{
    (void)state;
    add("hue", "Công an tỉnh Thừa Thiên Huế", &(struct traits){.jit = 0});
    add("hanoi", "Công an thành phố Hà Nội", &(struct traits){.jit = 0});
    add("off", "Công an tỉnh khác", &(struct traits){.jit = 0});
    assert_ok(nx_upstream_set_state(registry(), "off", false));
    static const struct {
        const char *query;
        size_t n;
    } rows[] = {{NULL, 2}, {"cong an", 2}, {"hue cong", 1}, {"ONG", 0}, {"hà n", 1}, {"", 2}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        NX_AUTO_CHOICES(c);
        assert_ok(nx_hub_choices(&c, rig_house(&rig), rig.arena, rows[i].query, "hue", true));
        assert_int_equal(c.n, rows[i].n);
        assert_int_equal(c.on, 2);
        assert_string_equal(c.last->id, "hue");
    }
}

static void test_a_request_chooses_one_upstream_or_none(void **state)
{
    const char *id;
    (void)state;
    add("a", "A", &(struct traits){.config = "{\"hints\":[\"@a.gov.vn\",\"boss\"],\"acr\":[\"urn:way:a\"]}"});
    add("b", "B", &(struct traits){.config = "{\"hints\":[\"@b.gov.vn\"],\"acr\":[\"urn:way:b\"]}"});
    static const struct {
        const char *hint, *acr, *id;
    } rows[] = {
        {"lan@a.gov.vn", NULL, "a"},     {"LAN@B.GOV.VN", NULL, "b"},
        {"lan@a.gov.vn.evil", NULL, NULL}, {"boss", NULL, "a"},
        {"bigboss", NULL, NULL},         {NULL, "urn:nixa:acr:m2 urn:way:b", "b"},
        {"lan@a.gov.vn", "urn:way:b", NULL}, {NULL, NULL, NULL},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_ok(nx_hub_chosen(&id, rig_house(&rig), rig.arena, rows[i].hint, rows[i].acr));
        if (rows[i].id)
            assert_string_equal(id, rows[i].id);
        else
            assert_null(id);
    }
}

#define test(f) cmocka_unit_test_setup_teardown(f, up, down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        test(test_nobody_is_made_where_the_row_does_not_say_so),
        test(test_a_person_is_made_with_the_proofing_of_the_row),
        test(test_an_e_mail_address_finds_nobody),
        test(test_a_number_finds_a_person_for_a_trusted_upstream_alone),
        test(test_an_inactive_person_is_refused_and_not_linked),
        test(test_a_subject_of_one_upstream_is_nobody_at_another),
        test(test_one_that_is_off_brings_nobody_in),
        test(test_a_sign_in_that_began_under_another_epoch_is_over),
        test(test_levels_by_the_rows_map_and_never_above_its_cap),
        test(test_choosing_finds_by_the_beginnings_of_words),
        test(test_a_request_chooses_one_upstream_or_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
