#include "base/source.h"

#include <arpa/inet.h>
#include <stdint.h>
#include <stdio.h>

static void keep(uint8_t address[16], int bits)
{
    for (int i = 0; i < 16; i++) {
        int left = bits - 8 * i;
        if (left < 8) address[i] &= left > 0 ? (uint8_t)(0xff << (8 - left)) : 0;
    }
}

const char *nx_source(char out[NX_SOURCE_MAX], const char *address, int bits)
{
    struct in6_addr v6;
    char text[INET6_ADDRSTRLEN];
    if (inet_pton(AF_INET6, address, &v6) != 1) return address;
    if (IN6_IS_ADDR_V4MAPPED(&v6)) return inet_ntop(AF_INET, &v6.s6_addr[12], out, NX_SOURCE_MAX);
    keep(v6.s6_addr, bits);
    (void)snprintf(out, NX_SOURCE_MAX, "%s/%d", inet_ntop(AF_INET6, &v6, text, sizeof text), bits);
    return out;
}
