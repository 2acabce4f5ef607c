#include "authn/radius_packet.h"

#include "base/text.h"
#include "crypto/md5.h"

#define HEADER 20
#define AUTHENTICATOR_AT 4
#define BLOCK 16

enum attribute {
    USER_NAME = 1,
    USER_PASSWORD = 2,
    FILTER_ID = 11,
    REPLY_MESSAGE = 18,
    STATE = 24,
    CLASS = 25,
    NAS_IDENTIFIER = 32,
    MESSAGE_AUTHENTICATOR = 80
};

/* ---- writing
 * --------------------------------------------------------------------------------------------- */

static nx_result put(nx_buf *out, enum attribute type, nx_span value)
{
    NX_REQUIRE(value.n > 0 && value.n <= NX_RADIUS_VALUE_MAX, NX_ERR_LIMIT);
    NX_TRY(nx_buf_putc(out, (uint8_t)type));
    NX_TRY(nx_buf_putc(out, (uint8_t)(value.n + 2)));
    return nx_buf_put(out, value);
}

/* RFC 2865 5.2: each block is hidden by a digest of the secret and the block before it. */
static nx_result hide(uint8_t out[NX_RADIUS_PASSWORD_MAX], size_t n, const struct nx_radius_request *r,
                      const nx_secret *shared)
{
    uint8_t mask[NX_MD5_LEN];
    nx_span before = nx_span_of(r->authenticator, sizeof r->authenticator);
    for (size_t i = 0; i < n; i += BLOCK) {
        const nx_span parts[] = {nx_secret_expose(shared), before};
        NX_TRY(nx_md5(mask, parts, 2));
        for (size_t j = 0; j < BLOCK; j++)
            out[i + j] ^= mask[j];
        before = nx_span_of(out + i, BLOCK);
    }
    nx_wipe(mask, sizeof mask);
    return NX_OK;
}

static nx_result put_password(nx_buf *out, const struct nx_radius_request *r, const nx_secret *shared)
{
    uint8_t room[NX_RADIUS_PASSWORD_MAX] = {0};
    nx_span password = nx_secret_expose(r->password);
    NX_REQUIRE(password.n > 0 && password.n <= sizeof room, NX_ERR_LIMIT);
    size_t n = (password.n + BLOCK - 1) / BLOCK * BLOCK;
    memcpy(room, password.p, password.n);
    nx_result r2 = hide(room, n, r, shared);
    if (nx_ok(r2)) r2 = put(out, USER_PASSWORD, nx_span_of(room, n));
    nx_wipe(room, sizeof room);
    return r2;
}

static nx_result put_all(nx_buf *out, const struct nx_radius_request *r, const nx_secret *shared)
{
    static const uint8_t none[NX_MD5_LEN];
    const uint8_t head[AUTHENTICATOR_AT] = {NX_RADIUS_REQUEST, r->identifier, 0, 0};
    NX_TRY(nx_buf_put(out, nx_span_of(head, sizeof head)));
    NX_TRY(nx_buf_put(out, nx_span_of(r->authenticator, sizeof r->authenticator)));
    NX_TRY(put(out, MESSAGE_AUTHENTICATOR, nx_span_of(none, sizeof none)));
    NX_TRY(put(out, USER_NAME, r->user_name));
    NX_TRY(put_password(out, r, shared));
    NX_TRY(put(out, NAS_IDENTIFIER, nx_span_str(r->nas)));
    return r->state.n ? put(out, STATE, r->state) : NX_OK;
}

nx_result nx_radius_write(nx_buf *out, const struct nx_radius_request *r, const nx_secret *shared)
{
    NX_REQUIRE(out->n == 0 && out->max <= NX_RADIUS_PACKET_MAX, NX_ERR_LIMIT);
    NX_TRY(put_all(out, r, shared));
    out->p[2] = (uint8_t)(out->n >> 8);
    out->p[3] = (uint8_t)out->n;
    return nx_hmac_md5(out->p + HEADER + 2, nx_secret_expose(shared), nx_buf_span(out));
}

/* ---- reading
 * --------------------------------------------------------------------------------------------- */

/* The next attribute of *rest. */
static nx_result next(nx_span *rest, uint8_t *type, nx_span *value)
{
    NX_REQUIRE(rest->n >= 2 && rest->p[1] >= 2 && rest->p[1] <= rest->n, NX_ERR_RADIUS_FORM);
    *type = rest->p[0];
    *value = nx_span_of(rest->p + 2, (size_t)rest->p[1] - 2);
    *rest = nx_span_from(*rest, rest->p[1]);
    return NX_OK;
}

/* Cut to the length that its header states; what stands behind is padding (RFC 2865 3). */
static nx_result cut(nx_span *packet, const struct nx_radius_request *request)
{
    NX_REQUIRE(packet->n >= HEADER, NX_ERR_RADIUS_FORM);
    size_t length = (size_t)packet->p[2] << 8 | packet->p[3];
    NX_REQUIRE(length >= HEADER && length <= packet->n && length <= NX_RADIUS_PACKET_MAX, NX_ERR_RADIUS_FORM);
    NX_REQUIRE(packet->p[1] == request->identifier, NX_ERR_RADIUS_FORM);
    packet->n = length;
    return NX_OK;
}

/* Where the value of the one Message-Authenticator begins. Every attribute is well formed afterwards. */
static nx_result find_authenticator(size_t *at, nx_span packet)
{
    nx_span rest = nx_span_from(packet, HEADER), value;
    uint8_t type;
    size_t seen = 0;
    *at = 0;
    while (rest.n > 0) {
        NX_REQUIRE(++seen <= NX_RADIUS_ATTRIBUTES_MAX, NX_ERR_RADIUS_FORM);
        NX_TRY(next(&rest, &type, &value));
        if (type != MESSAGE_AUTHENTICATOR) continue;
        NX_REQUIRE(*at == 0 && value.n == NX_MD5_LEN, NX_ERR_RADIUS_FORM);
        *at = (size_t)(value.p - packet.p);
    }
    NX_REQUIRE(*at != 0, NX_ERR_SIGNATURE);
    return NX_OK;
}

/* RFC 2865 3: the digest over the answer with the request's authenticator in the place of its own. */
static nx_result check_response(nx_span packet, const struct nx_radius_request *request,
                                const nx_secret *shared)
{
    uint8_t right[NX_MD5_LEN];
    const nx_span parts[] = {nx_span_of(packet.p, AUTHENTICATOR_AT),
                             nx_span_of(request->authenticator, sizeof request->authenticator),
                             nx_span_from(packet, HEADER), nx_secret_expose(shared)};
    NX_TRY(nx_md5(right, parts, 4));
    NX_REQUIRE(nx_ct_equal_n(right, packet.p + AUTHENTICATOR_AT, sizeof right), NX_ERR_SIGNATURE);
    return NX_OK;
}

/* RFC 2869 5.14. */
static nx_result check_authenticator(nx_span packet, size_t at, const struct nx_radius_request *request,
                                     const nx_secret *shared)
{
    uint8_t copy[NX_RADIUS_PACKET_MAX], right[NX_MD5_LEN];
    memcpy(copy, packet.p, packet.n);
    memcpy(copy + AUTHENTICATOR_AT, request->authenticator, sizeof request->authenticator);
    memset(copy + at, 0, NX_MD5_LEN);
    NX_TRY(nx_hmac_md5(right, nx_secret_expose(shared), nx_span_of(copy, packet.n)));
    NX_REQUIRE(nx_ct_equal_n(right, packet.p + at, sizeof right), NX_ERR_SIGNATURE);
    return NX_OK;
}

struct reading {
    struct nx_radius_answer *out;
    nx_buf message;
    size_t states;
};

static void read_attribute(struct reading *r, uint8_t type, nx_span value)
{
    switch (type) {
    case REPLY_MESSAGE:
        nx_buf_add(&r->message, value);
        break;
    case STATE:
        r->out->state = value;
        r->states++;
        break;
    case CLASS:
    case FILTER_ID:
        if (r->out->group_count < NX_RADIUS_GROUPS_MAX) r->out->group[r->out->group_count++] = value;
        break;
    default:
        break;
    }
}

static nx_result read_attributes(struct nx_radius_answer *out, nx_arena *a, nx_span packet)
{
    struct reading r = {.out = out};
    nx_span rest = nx_span_from(packet, HEADER), value;
    uint8_t type;
    nx_buf_init(&r.message, a, NX_RADIUS_PACKET_MAX);
    while (rest.n > 0) {
        NX_TRY(next(&rest, &type, &value));
        read_attribute(&r, type, value);
    }
    NX_REQUIRE(r.states <= 1, NX_ERR_RADIUS_FORM);
    NX_TRY(nx_buf_done(&r.message));
    nx_span text = nx_buf_span(&r.message);
    bool clean = text.n > 0 && text.n <= NX_RADIUS_VALUE_MAX && nx_utf8_printable(text);
    out->message = clean ? nx_arena_dup(a, text) : "";
    NX_NEED(out->message);
    return NX_OK;
}

nx_result nx_radius_read(struct nx_radius_answer *out, nx_arena *a, nx_span packet,
                         const struct nx_radius_request *request, const nx_secret *shared)
{
    size_t at;
    *out = (struct nx_radius_answer){.message = ""};
    NX_TRY(cut(&packet, request));
    NX_TRY(find_authenticator(&at, packet));
    NX_TRY(check_response(packet, request, shared));
    NX_TRY(check_authenticator(packet, at, request, shared));
    out->code = (enum nx_radius_code)packet.p[0];
    bool known =
        out->code == NX_RADIUS_ACCEPT || out->code == NX_RADIUS_REJECT || out->code == NX_RADIUS_CHALLENGE;
    NX_REQUIRE(known, NX_ERR_RADIUS_FORM);
    return read_attributes(out, a, packet);
}
