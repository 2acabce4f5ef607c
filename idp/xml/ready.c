#include "xml/tree.h"

#include <libxml/parser.h>
#include <libxml/xmlerror.h>
#include <pthread.h>
#include <xmlsec/crypto.h>
#include <xmlsec/errors.h>
#include <xmlsec/xmlsec.h>

static pthread_once_t once = PTHREAD_ONCE_INIT;
static bool started;

static void say_nothing(void *ctx, xmlErrorPtr error)
{
    (void)ctx;
    (void)error;
}

/* The libraries are never shut down: they hold process-wide tables that any thread may be using. */
static void start(void)
{
    xmlInitParser();
    started = xmlSecInit() == 0 && xmlSecCheckVersion() == 1 && xmlSecCryptoInit() == 0;
    xmlSecErrorsSetCallback(NULL);
}

NX_FALLIBLE nx_xml_ready(void)
{
    (void)pthread_once(&once, start);
    NX_REQUIRE(started, NX_ERR_CRYPTO);
    xmlSetStructuredErrorFunc(NULL, say_nothing); /* of this thread */
    return NX_OK;
}
