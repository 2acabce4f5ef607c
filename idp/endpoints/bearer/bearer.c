#include "endpoints/bearer/bearer.h"

#include "endpoints/bearer/check.h"
#include "endpoints/bearer/second.h"
#include "endpoints/server.h"

NX_FALLIBLE nx_bearer_start(void)
{
    return nx_second_start();
}

void nx_bearer_stop(void)
{
    nx_second_stop();
}

NX_FALLIBLE nx_bearer_require(struct nx_bearer *out, nx_request *rq, const char *scope)
{
    nx_span token;
    NX_TRY(nx_bearer_token(&token, nx_header(rq, "Authorization")));
    return nx_bearer_check(out, nx_house_of(rq), rq->arena, token, scope);
}
