/* What strangers say of certificates: an OCSP answer, a CRL, a certificate. The first byte chooses. Nothing that
 * was not signed by the test authority may ever be believed. */
#include "crypto/cert.h"

#include <stdio.h>
#include <stdlib.h>

#define NOW 1800000000

static nx_anchors *anchors;
static nx_cert *cert;

static nx_span file(char *bytes, size_t max, const char *path)
{
    FILE *f = fopen(path, "rb");
    if (!f) abort();
    size_t n = fread(bytes, 1, max, f);
    fclose(f);
    return nx_span_of(bytes, n);
}

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    static char bytes[8192];
    (void)argc, (void)argv;
    if (!nx_ok(nx_anchors_open(&anchors, file(bytes, sizeof bytes, NX_TEST_DATA "/pki/anchors.pem"), ""))) abort();
    if (!nx_ok(nx_cert_open(&cert, anchors, file(bytes, sizeof bytes, NX_TEST_DATA "/pki/revoked.der"), NOW)))
        abort();
    return 0;
}

static void ask_list(nx_span in)
{
    nx_crl *crl;
    enum nx_cert_standing said;
    nx_time until;
    if (!nx_ok(nx_crl_open(&crl, in))) return;
    if (nx_ok(nx_crl_ask(&said, &until, crl, cert, NOW)) && said == NX_CERT_GOOD) abort();
    nx_crl_close(crl);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (!cert) LLVMFuzzerInitialize(NULL, NULL);
    if (size < 1) return 0;
    nx_span in = nx_span_of(data + 1, size - 1);
    enum nx_cert_standing said;
    nx_time until;
    nx_cert *c;
    switch (data[0] % 3) {
    case 0:
        if (nx_ok(nx_ocsp_read(&said, &until, cert, in, NOW)) && said == NX_CERT_GOOD) abort();
        break;
    case 1:
        ask_list(in);
        break;
    default:
        if (nx_ok(nx_cert_open(&c, anchors, in, NOW))) nx_cert_close(c);
    }
    return 0;
}
