/* Answers of a RADIUS server. The bytes are read once as they are, and once with the authenticators put
 * right, as an agency's own server could send them: nothing but a rightly signed packet is believed. */
#include "authn/radius_packet.h"
#include "crypto/md5.h"

#include <stdlib.h>

#define ATTRIBUTES_AT 20
#define AUTHENTICATOR 80

static const uint8_t zero[NX_RADIUS_AUTHENTICATOR];

static void put_digest(uint8_t *p, size_t n, const nx_secret *shared)
{
    uint8_t digest[NX_MD5_LEN];
    memcpy(p + 4, zero, sizeof zero);
    const nx_span parts[] = {nx_span_of(p, n), nx_secret_expose(shared)};
    if (nx_ok(nx_md5(digest, parts, 2))) memcpy(p + 4, digest, sizeof digest);
}

static void put_right(uint8_t *p, size_t n, const nx_secret *shared)
{
    uint8_t mac[NX_MD5_LEN];
    p[1] = 0, p[2] = (uint8_t)(n >> 8), p[3] = (uint8_t)n;
    memcpy(p + 4, zero, sizeof zero);
    for (size_t i = ATTRIBUTES_AT; i + 2 <= n && p[i + 1] >= 2 && i + p[i + 1] <= n; i += p[i + 1]) {
        if (p[i] != AUTHENTICATOR || p[i + 1] != 18) continue;
        memset(p + i + 2, 0, sizeof mac);
        if (nx_ok(nx_hmac_md5(mac, nx_secret_expose(shared), nx_span_of(p, n))))
            memcpy(p + i + 2, mac, sizeof mac);
        break;
    }
    put_digest(p, n, shared);
}

static void look(const struct nx_radius_answer *out, nx_span packet)
{
    if (!out->message || strlen(out->message) > NX_RADIUS_VALUE_MAX) abort();
    if (out->state.n > NX_RADIUS_VALUE_MAX || out->group_count > NX_RADIUS_GROUPS_MAX) abort();
    for (size_t i = 0; i < out->group_count; i++)
        if (out->group[i].p < packet.p || out->group[i].p + out->group[i].n > packet.p + packet.n) abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t packet[NX_RADIUS_PACKET_MAX];
    struct nx_radius_answer out;
    NX_AUTO_SECRET(shared);
    const struct nx_radius_request request = {.identifier = 0};
    if (size < ATTRIBUTES_AT || size > sizeof packet || !nx_ok(nx_secret_set(&shared, NX_LIT("shared"))))
        return 0;
    nx_arena *a = nx_arena_open(1u << 20);
    if (nx_ok(nx_radius_read(&out, a, nx_span_of(data, size), &request, &shared)))
        look(&out, nx_span_of(data, size));
    memcpy(packet, data, size);
    put_right(packet, size, &shared);
    if (nx_ok(nx_radius_read(&out, a, nx_span_of(packet, size), &request, &shared)))
        look(&out, nx_span_of(packet, size));
    nx_arena_close(a);
    return 0;
}
