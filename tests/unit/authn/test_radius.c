/* RADIUS packets: the numbers of RFC 2865 section 7.1, and answers that are none, each bit and each length of
 * them. */
#include "authn/radius_packet.h"
#include "base/text.h"
#include "crypto/md5.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#define ATTRIBUTES_AT 20

static nx_arena *arena;
static nx_secret shared;
static struct nx_radius_request request;
static nx_secret password;

static int fresh(void **state)
{
    (void)state;
    arena = nx_arena_open(8u << 20);
    assert_true(nx_ok(nx_secret_set(&shared, NX_LIT("xyzzy5461"))));
    assert_true(nx_ok(nx_secret_set(&password, NX_LIT("arctangent"))));
    request = (struct nx_radius_request){.identifier = 0,
                                         .authenticator = {0x0f, 0x40, 0x3f, 0x94, 0x73, 0x97, 0x80, 0x57,
                                                           0xbd, 0x83, 0xd5, 0xcb, 0x98, 0xf4, 0x22, 0x7a},
                                         .user_name = NX_LIT("nemo"),
                                         .password = &password,
                                         .nas = "nixa"};
    return 0;
}

static int gone(void **state)
{
    (void)state;
    nx_arena_close(arena);
    return 0;
}

static nx_span write_request(void)
{
    static nx_buf b;
    nx_buf_init(&b, arena, NX_RADIUS_PACKET_MAX);
    assert_true(nx_ok(nx_radius_write(&b, &request, &shared)));
    return nx_buf_span(&b);
}

/* The value of the first attribute of the type. */
static nx_span attribute(nx_span packet, uint8_t type)
{
    for (size_t i = ATTRIBUTES_AT; i + 1 < packet.n && packet.p[i + 1] >= 2; i += packet.p[i + 1])
        if (packet.p[i] == type) return nx_span_of(packet.p + i + 2, (size_t)packet.p[i + 1] - 2);
    return NX_SPAN_NONE;
}

static void assert_hex(nx_span seen, const char *wanted)
{
    char hex[600];
    assert_true(seen.n * 2 < sizeof hex);
    nx_hex_encode(hex, seen);
    assert_string_equal(hex, wanted);
}

static void the_password_is_hidden_as_in_the_rfc(void **state)
{
    (void)state;
    nx_span packet = write_request();
    assert_int_equal(packet.p[0], 1);
    assert_int_equal(packet.p[2] << 8 | packet.p[3], packet.n);
    assert_hex(attribute(packet, 1), "6e656d6f");
    assert_hex(attribute(packet, 2), "0dbe708d93d413ce3196e43f782a0aee");
}

/* The answer of the same section, whose authenticator is over the request's. */
static void the_digest_is_that_of_the_rfc(void **state)
{
    (void)state;
    static const uint8_t answer[] = {0x02, 0x00, 0x00, 0x26, 0x86, 0xfe, 0x22, 0x0e, 0x76, 0x24,
                                     0xba, 0x2a, 0x10, 0x05, 0xf6, 0xbf, 0x9b, 0x55, 0xe0, 0xb2,
                                     0x06, 0x06, 0x00, 0x00, 0x00, 0x01, 0x0f, 0x06, 0x00, 0x00,
                                     0x00, 0x00, 0x0e, 0x06, 0xc0, 0xa8, 0x01, 0x03};
    uint8_t digest[NX_MD5_LEN];
    struct nx_radius_answer out;
    const nx_span parts[] = {nx_span_of(answer, 4), nx_span_of(request.authenticator, 16),
                             nx_span_of(answer + 20, sizeof answer - 20), nx_secret_expose(&shared)};
    assert_true(nx_ok(nx_md5(digest, parts, 4)));
    assert_memory_equal(digest, answer + 4, sizeof digest);
    /* It is right by RFC 2865, and has no Message-Authenticator. */
    nx_result r = nx_radius_read(&out, arena, nx_span_of(answer, sizeof answer), &request, &shared);
    assert_int_equal(r.e, NX_ERR_SIGNATURE);
}

static void a_request_begins_with_its_authenticator(void **state)
{
    (void)state;
    uint8_t copy[NX_RADIUS_PACKET_MAX], mac[NX_MD5_LEN];
    nx_span packet = write_request();
    assert_int_equal(packet.p[20], 80);
    assert_int_equal(packet.p[21], 18);
    memcpy(copy, packet.p, packet.n);
    memset(copy + 22, 0, sizeof mac);
    assert_true(nx_ok(nx_hmac_md5(mac, nx_secret_expose(&shared), nx_span_of(copy, packet.n))));
    assert_memory_equal(packet.p + 22, mac, sizeof mac);
}

/* RFC 2202 section 2, test case 2. */
static void hmac_md5_is_that_of_the_rfc(void **state)
{
    (void)state;
    uint8_t mac[NX_MD5_LEN];
    assert_true(nx_ok(nx_hmac_md5(mac, NX_LIT("Jefe"), NX_LIT("what do ya want for nothing?"))));
    assert_hex(nx_span_of(mac, sizeof mac), "750c783e6ab0b503eaa86e310a5db738");
}

static void unhide(char *out, nx_span hidden)
{
    uint8_t mask[NX_MD5_LEN];
    nx_span before = nx_span_of(request.authenticator, 16);
    for (size_t i = 0; i < hidden.n; i += 16) {
        const nx_span parts[] = {nx_secret_expose(&shared), before};
        assert_true(nx_ok(nx_md5(mask, parts, 2)));
        for (size_t j = 0; j < 16; j++)
            out[i + j] = (char)(hidden.p[i + j] ^ mask[j]);
        before = nx_span_of(hidden.p + i, 16);
    }
}

static void long_passwords(void **state)
{
    (void)state;
    char text[200], seen[200];
    const size_t lengths[] = {1, 15, 16, 17, 31, 32, 33, 127, 128};
    memset(text, 'p', sizeof text);
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        memset(seen, 0, sizeof seen);
        assert_true(nx_ok(nx_secret_set(&password, nx_span_of(text, lengths[i]))));
        nx_span hidden = attribute(write_request(), 2);
        assert_int_equal(hidden.n, (lengths[i] + 15) / 16 * 16);
        unhide(seen, hidden);
        assert_int_equal(strlen(seen), lengths[i]);
        assert_memory_equal(seen, text, lengths[i]);
    }
    nx_buf b;
    nx_buf_init(&b, arena, NX_RADIUS_PACKET_MAX);
    assert_true(nx_ok(nx_secret_set(&password, nx_span_of(text, 129))));
    assert_int_equal(nx_radius_write(&b, &request, &shared).e, NX_ERR_LIMIT);
}

static void the_state_goes_back(void **state)
{
    (void)state;
    request.state = NX_LIT("state of the challenge");
    assert_true(nx_span_eq(attribute(write_request(), 24), request.state));
}

/* ---- answers
 * --------------------------------------------------------------------------------------------- */

struct made {
    uint8_t b[NX_RADIUS_PACKET_MAX];
    size_t n;
};

/* Signs as a server does: the Message-Authenticator wherever it stands, then the digest. */
static void sign(struct made *m)
{
    uint8_t mac[NX_MD5_LEN], copy[NX_RADIUS_PACKET_MAX];
    m->b[2] = (uint8_t)(m->n >> 8), m->b[3] = (uint8_t)m->n;
    memcpy(m->b + 4, request.authenticator, 16);
    for (size_t i = ATTRIBUTES_AT; i + 18 <= m->n && m->b[i + 1] >= 2; i += m->b[i + 1]) {
        if (m->b[i] != 80 || m->b[i + 1] != 18) continue;
        memset(m->b + i + 2, 0, 16);
        memcpy(copy, m->b, m->n);
        assert_true(nx_ok(nx_hmac_md5(mac, nx_secret_expose(&shared), nx_span_of(copy, m->n))));
        memcpy(m->b + i + 2, mac, 16);
        break;
    }
    const nx_span parts[] = {nx_span_of(m->b, m->n), nx_secret_expose(&shared)};
    assert_true(nx_ok(nx_md5(mac, parts, 2)));
    memcpy(m->b + 4, mac, 16);
}

static void put(struct made *m, uint8_t type, const char *value)
{
    size_t n = strlen(value);
    m->b[m->n++] = type;
    m->b[m->n++] = (uint8_t)(n + 2);
    memcpy(m->b + m->n, value, n);
    m->n += n;
}

static void put_authenticator(struct made *m)
{
    put(m, 80, "0123456789abcdef");
}

static struct made begin(uint8_t code)
{
    struct made m = {.b = {code, request.identifier}, .n = ATTRIBUTES_AT};
    return m;
}

static nx_result read_back(struct nx_radius_answer *out, const struct made *m)
{
    return nx_radius_read(out, arena, nx_span_of(m->b, m->n), &request, &shared);
}

static struct made challenge(void)
{
    struct made m = begin(11);
    put(&m, 18, "Code of ");
    put(&m, 18, "your token");
    put_authenticator(&m);
    put(&m, 24, "s-1");
    put(&m, 25, "clerks");
    put(&m, 11, "others");
    sign(&m);
    return m;
}

static void a_right_answer(void **state)
{
    (void)state;
    struct nx_radius_answer out;
    struct made m = challenge();
    assert_true(nx_ok(read_back(&out, &m)));
    assert_int_equal(out.code, NX_RADIUS_CHALLENGE);
    assert_string_equal(out.message, "Code of your token");
    assert_true(nx_span_eq_str(out.state, "s-1"));
    assert_int_equal(out.group_count, 2);
    assert_true(nx_span_eq_str(out.group[0], "clerks") && nx_span_eq_str(out.group[1], "others"));
    m.b[m.n++] = 0; /* what stands behind the stated length is padding */
    assert_true(nx_ok(read_back(&out, &m)));
}

static void any_changed_bit_is_seen(void **state)
{
    (void)state;
    struct nx_radius_answer out;
    const struct made right = challenge();
    for (size_t bit = 0; bit < right.n * 8; bit++) {
        struct made m = right;
        m.b[bit / 8] ^= (uint8_t)(1u << bit % 8);
        assert_false(nx_ok(read_back(&out, &m)));
    }
}

static void any_cut_is_seen(void **state)
{
    (void)state;
    struct nx_radius_answer out;
    const struct made right = challenge();
    for (size_t n = 0; n < right.n; n++) {
        struct made m = right;
        m.n = n;
        assert_int_equal(read_back(&out, &m).e, NX_ERR_RADIUS_FORM);
        if (n < ATTRIBUTES_AT) continue;
        m.b[2] = (uint8_t)(n >> 8), m.b[3] = (uint8_t)n;
        assert_false(nx_ok(read_back(&out, &m)));
    }
}

static void the_authenticator_stands_once_and_whole(void **state)
{
    (void)state;
    struct nx_radius_answer out;
    struct made none = begin(2), two = begin(2), brief = begin(2);
    sign(&none);
    assert_int_equal(read_back(&out, &none).e, NX_ERR_SIGNATURE);
    put_authenticator(&two);
    put_authenticator(&two);
    sign(&two);
    assert_int_equal(read_back(&out, &two).e, NX_ERR_RADIUS_FORM);
    put(&brief, 80, "0123456789abcde");
    sign(&brief);
    assert_int_equal(read_back(&out, &brief).e, NX_ERR_RADIUS_FORM);
}

/* An attacker who finds a collision of the digest alone (CVE-2024-3596) has no Message-Authenticator. */
static void the_digest_alone_is_not_enough(void **state)
{
    (void)state;
    uint8_t digest[NX_MD5_LEN];
    struct nx_radius_answer out;
    struct made m = begin(2);
    put_authenticator(&m);
    sign(&m);
    m.b[22] ^= 1;
    memcpy(m.b + 4, request.authenticator, 16);
    const nx_span parts[] = {nx_span_of(m.b, m.n), nx_secret_expose(&shared)};
    assert_true(nx_ok(nx_md5(digest, parts, 2)));
    memcpy(m.b + 4, digest, 16);
    assert_int_equal(read_back(&out, &m).e, NX_ERR_SIGNATURE);
}

/* Nor does the Message-Authenticator alone make an answer. */
static void nor_is_the_authenticator(void **state)
{
    (void)state;
    struct nx_radius_answer out;
    struct made m = begin(2);
    put_authenticator(&m);
    sign(&m);
    m.b[4] ^= 1;
    assert_int_equal(read_back(&out, &m).e, NX_ERR_SIGNATURE);
}

static void crooked_attributes(void **state)
{
    (void)state;
    struct nx_radius_answer out;
    struct made m = begin(11);
    put_authenticator(&m);
    put(&m, 24, "one");
    put(&m, 24, "two");
    sign(&m);
    assert_int_equal(read_back(&out, &m).e, NX_ERR_RADIUS_FORM);
    static const uint8_t lengths[] = {0, 1, 3, 200, 255};
    for (size_t i = 0; i < sizeof lengths; i++) {
        m = begin(2);
        put_authenticator(&m);
        m.b[m.n++] = 18;
        m.b[m.n++] = lengths[i];
        sign(&m);
        assert_int_equal(read_back(&out, &m).e, NX_ERR_RADIUS_FORM);
    }
    m = begin(2);
    for (int i = 0; i < NX_RADIUS_ATTRIBUTES_MAX; i++)
        put(&m, 200, "");
    put_authenticator(&m);
    sign(&m);
    assert_int_equal(read_back(&out, &m).e, NX_ERR_RADIUS_FORM);
}

static void other_codes_and_other_requests(void **state)
{
    (void)state;
    struct nx_radius_answer out;
    struct made m = begin(5);
    put_authenticator(&m);
    sign(&m);
    assert_int_equal(read_back(&out, &m).e, NX_ERR_RADIUS_FORM);
    m = begin(2);
    put_authenticator(&m);
    sign(&m);
    assert_true(nx_ok(read_back(&out, &m)));
    request.identifier = 1;
    assert_int_equal(read_back(&out, &m).e, NX_ERR_RADIUS_FORM);
    request.identifier = 0;
    request.authenticator[0] ^= 1; /* the answer to an older request */
    assert_int_equal(read_back(&out, &m).e, NX_ERR_SIGNATURE);
}

static void a_message_that_is_no_clean_text_is_left_out(void **state)
{
    (void)state;
    struct nx_radius_answer out;
    const char *const texts[] = {"two\nlines", "\xff\xfe", "\x1b[2J"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct made m = begin(3);
        put_authenticator(&m);
        put(&m, 18, texts[i]);
        sign(&m);
        assert_true(nx_ok(read_back(&out, &m)));
        assert_string_equal(out.message, "");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_password_is_hidden_as_in_the_rfc, fresh, gone),
        cmocka_unit_test_setup_teardown(the_digest_is_that_of_the_rfc, fresh, gone),
        cmocka_unit_test_setup_teardown(a_request_begins_with_its_authenticator, fresh, gone),
        cmocka_unit_test(hmac_md5_is_that_of_the_rfc),
        cmocka_unit_test_setup_teardown(long_passwords, fresh, gone),
        cmocka_unit_test_setup_teardown(the_state_goes_back, fresh, gone),
        cmocka_unit_test_setup_teardown(a_right_answer, fresh, gone),
        cmocka_unit_test_setup_teardown(any_changed_bit_is_seen, fresh, gone),
        cmocka_unit_test_setup_teardown(any_cut_is_seen, fresh, gone),
        cmocka_unit_test_setup_teardown(the_authenticator_stands_once_and_whole, fresh, gone),
        cmocka_unit_test_setup_teardown(the_digest_alone_is_not_enough, fresh, gone),
        cmocka_unit_test_setup_teardown(nor_is_the_authenticator, fresh, gone),
        cmocka_unit_test_setup_teardown(crooked_attributes, fresh, gone),
        cmocka_unit_test_setup_teardown(other_codes_and_other_requests, fresh, gone),
        cmocka_unit_test_setup_teardown(a_message_that_is_no_clean_text_is_left_out, fresh, gone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
