#include "registry/person.h"

#include "registry/credential.h"
#include "registry/qr_identity.h"
#include "rig.h"

static void test_create_and_read(void **state)
{
    struct rig *rig = *state;
    struct nx_person p = rig_lan(), read;
    struct nx_person_made made;
    p.phone = "+84901234567";
    p.email = "lan@example.vn";
    assert_ok(nx_person_create(rig->registry, &p, NULL, 0, &made));
    assert_true(nx_id_valid(nx_span_str(made.id.s)));
    assert_int_equal(p.version, 1);
    assert_ok(nx_person_get(rig->registry, rig->arena, made.id.s, &read));
    assert_string_equal(read.name, "Nguyễn Thị Lan");
    assert_string_equal(read.phone, "+84901234567");
    assert_null(read.address);
    assert_int_equal(read.proofing, 2);
    assert_true(read.active);
    assert_ok(nx_person_by_user_name(rig->registry, rig->arena, NX_LIT("LAN"), &read));
    assert_string_equal(read.id.s, made.id.s);
    assert_err(nx_person_get(rig->registry, rig->arena, "nobody", &read), NX_ERR_NOT_FOUND);
    assert_err(nx_person_by_user_name(rig->registry, rig->arena, NX_LIT("nobody"), &read), NX_ERR_NOT_FOUND);
    assert_err(nx_person_by_user_name(rig->registry, rig->arena, NX_SPAN_NONE, &read), NX_ERR_NOT_FOUND);
}

static void test_the_first_identity_comes_with_the_person(void **state)
{
    struct rig *rig = *state;
    struct nx_person_made made = rig_person(rig, "lan");
    struct nx_qr_identity qr;
    assert_ok(nx_qr_identity_get(rig->registry, rig->arena, made.qid.s, &qr));
    assert_int_equal(qr.kind, NX_QR_PAPER);
    assert_int_equal(qr.status, NX_QR_ACTIVE);
    assert_int_equal(qr.bound_at, 1);
    assert_string_equal(qr.person.s, made.id.s);
    assert_true(qr.expires > nx_now());
}

static void test_names_are_unique_without_case(void **state)
{
    struct rig *rig = *state;
    struct nx_person p = rig_lan();
    struct nx_person_made made;
    rig_person(rig, "Lan");
    p.user_name = "lAN";
    assert_err(nx_person_create(rig->registry, &p, NULL, 0, &made), NX_ERR_CONFLICT);
}

static void test_replace_under_its_version(void **state)
{
    struct rig *rig = *state;
    struct nx_person_made made = rig_person(rig, "lan");
    struct nx_person p, again;
    assert_ok(nx_person_get(rig->registry, rig->arena, made.id.s, &p));
    p.active = false;
    p.name = "Lan";
    assert_ok(nx_person_replace(rig->registry, &p, 1));
    assert_int_equal(p.version, 2);
    assert_err(nx_person_replace(rig->registry, &p, 1), NX_ERR_VERSION);
    assert_ok(nx_person_replace(rig->registry, &p, 0));
    assert_ok(nx_person_get(rig->registry, rig->arena, made.id.s, &again));
    assert_int_equal(again.version, 3);
    assert_false(again.active);
    rig_person(rig, "minh");
    p.user_name = "MINH";
    assert_err(nx_person_replace(rig->registry, &p, 0), NX_ERR_CONFLICT);
    snprintf(p.id.s, sizeof p.id.s, "nobody");
    assert_err(nx_person_replace(rig->registry, &p, 0), NX_ERR_NOT_FOUND);
}

static void test_deleting_takes_what_hangs_on_her(void **state)
{
    struct rig *rig = *state;
    struct nx_person_made made = rig_person(rig, "lan");
    struct nx_credential c = {
        .person = made.id, .bound_at = 1, .verifier = "x", .state = NX_CREDENTIAL_ACTIVE};
    struct nx_qr_identity qr;
    assert_ok(nx_credential_set(rig->registry, &c));
    assert_ok(nx_person_delete(rig->registry, made.id.s));
    assert_err(nx_qr_identity_get(rig->registry, rig->arena, made.qid.s, &qr), NX_ERR_NOT_FOUND);
    assert_err(nx_credential_get(rig->registry, rig->arena, made.id.s, NULL, NX_CREDENTIAL_PASSWORD, &c),
               NX_ERR_NOT_FOUND);
    assert_err(nx_person_delete(rig->registry, made.id.s), NX_ERR_NOT_FOUND);
}

static nx_err validate(struct nx_person p)
{
    return nx_person_validate(&p).e;
}

#define WITH(field, value) validate((p = rig_lan(), p.field = (value), p))

static void test_fields_are_checked(void **state)
{
    (void)state;
    struct nx_person p;
    char longest[NX_PERSON_TEXT_MAX + 2];
    memset(longest, 'a', sizeof longest - 1);
    longest[sizeof longest - 1] = '\0';
    assert_int_equal(WITH(user_name, NULL), NX_ERR_MISSING);
    assert_int_equal(WITH(user_name, ""), NX_ERR_MISSING);
    assert_int_equal(WITH(user_name, " lan"), NX_ERR_SYNTAX);
    assert_int_equal(WITH(user_name, "lan\n"), NX_ERR_ENCODING);
    assert_int_equal(WITH(user_name, "\xff\xfe"), NX_ERR_ENCODING);
    assert_int_equal(WITH(user_name, longest), NX_ERR_LIMIT);
    assert_int_equal(WITH(name, longest), NX_ERR_LIMIT);
    assert_int_equal(WITH(address, "1 Hùng Vương\nHà Nội"), NX_ERR_NONE);
    assert_int_equal(WITH(address, "1\r\n2"), NX_ERR_ENCODING);
    assert_int_equal(WITH(proofing, 0), NX_ERR_RANGE);
    assert_int_equal(WITH(proofing, 5), NX_ERR_RANGE);
    assert_int_equal(WITH(kind, (enum nx_person_kind)7), NX_ERR_RANGE);
    assert_int_equal(WITH(gender, "unknown"), NX_ERR_RANGE);
    assert_int_equal(WITH(email, "lan"), NX_ERR_SYNTAX);
    assert_int_equal(WITH(email, "lan@a@b"), NX_ERR_SYNTAX);
    assert_int_equal(WITH(phone, "0901234567"), NX_ERR_SYNTAX);
    assert_int_equal(WITH(phone, "+8490123456x"), NX_ERR_SYNTAX);
}

static void test_birthdates(void **state)
{
    (void)state;
    struct nx_person p;
    assert_int_equal(WITH(birthdate, "2000-02-29"), NX_ERR_NONE);
    assert_int_equal(WITH(birthdate, "1900-02-29"), NX_ERR_RANGE);
    assert_int_equal(WITH(birthdate, "1999-04-31"), NX_ERR_RANGE);
    assert_int_equal(WITH(birthdate, "1999-00-01"), NX_ERR_RANGE);
    assert_int_equal(WITH(birthdate, "1999-13-01"), NX_ERR_RANGE);
    assert_int_equal(WITH(birthdate, "1999-1-1"), NX_ERR_SYNTAX);
    assert_int_equal(WITH(birthdate, "19990101"), NX_ERR_SYNTAX);
    assert_int_equal(WITH(birthdate, "1999-01-0x"), NX_ERR_SYNTAX);
}

static void test_lists(void **state)
{
    struct rig *rig = *state;
    struct nx_person_page page;
    int64_t count;
    char name[16];
    for (int i = 0; i < 5; i++) {
        snprintf(name, sizeof name, "user%d", i);
        rig_person(rig, name);
    }
    struct nx_person_query q = {.limit = 2};
    size_t seen = 0;
    do {
        assert_ok(nx_person_list(rig->registry, rig->arena, &q, &page));
        seen += page.n;
        q.after = page.v[page.n - 1].id.s;
    } while (page.more);
    assert_int_equal(seen, 5);
    q = (struct nx_person_query){.text = "USER3"};
    assert_ok(nx_person_list(rig->registry, rig->arena, &q, &page));
    assert_int_equal(page.n, 1);
    assert_string_equal(page.v[0].user_name, "user3");
    q = (struct nx_person_query){.text = "Nguyễn", .limit = 3, .offset = 3};
    assert_ok(nx_person_list(rig->registry, rig->arena, &q, &page));
    assert_int_equal(page.n, 2);
    assert_ok(nx_person_count(rig->registry, &q, &count));
    assert_int_equal(count, 5);
    q = (struct nx_person_query){.user_name = "User1"};
    assert_ok(nx_person_list(rig->registry, rig->arena, &q, &page));
    assert_int_equal(page.n, 1);
    assert_ok(nx_person_count(rig->registry, &q, &count));
    assert_int_equal(count, 1);
    q = (struct nx_person_query){.user_name = "nobody"};
    assert_ok(nx_person_list(rig->registry, rig->arena, &q, &page));
    assert_int_equal(page.n, 0);
}

static int64_t people(struct rig *rig)
{
    struct nx_person_query all = {.text = NULL};
    int64_t n;
    assert_ok(nx_person_count(rig->registry, &all, &n));
    return n;
}

/* Whichever statement fails, there is no half person; and afterwards everything works. */
static void test_the_nth_statement_fails(void **state)
{
    struct rig *rig = *state;
    struct nx_person_made made;
    struct nx_identifier id;
    assert_ok(nx_identifier_make(&id, NX_SCHEME_TAX, NX_LIT("0100047516")));
    unsigned n = 1;
    for (;; n++) {
        struct nx_person p = rig_lan();
        nx_id owner;
        nx_fault_arm(NX_ACT_SQL, n);
        nx_result r = nx_person_create(rig->registry, &p, &id, 1, &made);
        bool fired = nx_fault_fired(NX_ACT_SQL);
        nx_fault_arm(NX_ACT_SQL, 0);
        if (!fired) {
            assert_ok(r);
            break;
        }
        assert_err(r, NX_ERR_FAULT);
        assert_int_equal(people(rig), 0);
        assert_err(nx_identifier_find(rig->registry, &id, &owner), NX_ERR_NOT_FOUND);
    }
    assert_true(n > 5);
    assert_int_equal(people(rig), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RIG_TEST(test_create_and_read),
        RIG_TEST(test_the_first_identity_comes_with_the_person),
        RIG_TEST(test_names_are_unique_without_case),
        RIG_TEST(test_replace_under_its_version),
        RIG_TEST(test_deleting_takes_what_hangs_on_her),
        cmocka_unit_test(test_fields_are_checked),
        cmocka_unit_test(test_birthdates),
        RIG_TEST(test_lists),
        RIG_TEST(test_the_nth_statement_fails),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
