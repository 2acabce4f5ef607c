/* The keys that signed the seeds of the XML signature targets. */
#ifndef NX_TEST_SEED_KEYS_H
#define NX_TEST_SEED_KEYS_H

#include "base/text.h"
#include "xml/verify.h"

#include <stdlib.h>

#define KEYS 2

/* SubjectPublicKeyInfo of tests/saml/attacks/keys: idp-rsa, idp-p256. */
static const char *const spki[KEYS] = {
    "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEA3BOJ2jc6WrLXzqIkU71ujeUAEfbmwGqvIGsntOjbJqGMzagWgeRD"
    "KM4wMlY9esFHYwLUEHyo9N/VCZGo53T5q6raXmjDlxt6vc4EecCEAJ97YX6W0AItWeqwbKcXdkp1Uzz25QzyErE0SazaBrwC"
    "uppA6YTTRhRX0LbLdUSA23k+p9eiqR4zBjtndfts7kQLw3Wp4p3HXxyPlY2870vY77hkXASlO2oTRvEZHTTiBlfGixmtwQFC"
    "C/8yjsh7Eo4WWW70Jsa3DN4U+16nJevliumUCGPusIwqtEWEaYedpuY+YrXNgu6RlFE2lEI3d63XbB+a4xNz//vdQHJEAvtB"
    "qwIDAQAB",
    "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEGNvLTwRj6w+Ty6/I3PQRwMZzVWCiJdmbW890qmrIEnK/wbw8yWJrjk30UXh4"
    "ReTB3DeFXpL+ENeENvki6sXfxw==",
};

/* Made once, for the life of the process. */
static const struct nx_xml_keys *seed_keys(void)
{
    static nx_xml_key *keys[KEYS];
    static const struct nx_xml_keys pinned = {.v = keys, .n = KEYS};
    if (keys[0]) return &pinned;
    NX_AUTO(nx_arena) a = nx_arena_open(1 << 16);
    for (int i = 0; i < KEYS; i++) {
        nx_span der;
        if (!nx_ok(nx_b64_decode_dup(&der, a, nx_span_str(spki[i]))) ||
            !nx_ok(nx_xml_key_make(&keys[i], der)))
            abort();
    }
    return &pinned;
}

#endif
