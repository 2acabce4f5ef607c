#include "authn/gateway.h"

#include "base/json.h"
#include "base/log.h"
#include "config/settings.h"
#include "crypto/random.h"

static const char *const names[NX_CHANNELS] = {"sms", "email"};

const char *nx_channel_name(enum nx_channel channel)
{
    return names[channel];
}

nx_result nx_channel_of(enum nx_channel *out, nx_span name)
{
    for (size_t i = 0; i < NX_CHANNELS; i++) {
        if (!nx_span_eq_str(name, names[i])) continue;
        *out = (enum nx_channel)i;
        return NX_OK;
    }
    NX_FAIL(NX_ERR_UNKNOWN);
}

static const char *url_of(const struct nx_house *house, enum nx_channel channel)
{
    return channel == NX_CHANNEL_SMS ? house->settings->sms_gateway : house->settings->email_gateway;
}

bool nx_gateway_has(const struct nx_house *house, enum nx_channel channel)
{
    const char *url = url_of(house, channel);
    return house->egress && url && *url;
}

static nx_result write_body(nx_span *out, nx_arena *a, const struct nx_message *m)
{
    nx_id id;
    NX_TRY(nx_id_make(&id));
    NX_AUTO_JSON j = json_pack("{s:s, s:s, s:s, s:s*, s:s, s:s}", "id", id.s, "channel", names[m->channel],
                               "to", m->to, "subject", m->channel == NX_CHANNEL_EMAIL ? m->subject : NULL,
                               "text", m->text, "lang", m->lang);
    NX_NEED(j);
    const char *text = nx_json_dump(a, j);
    NX_NEED(text);
    *out = nx_span_str(text);
    return NX_OK;
}

nx_result nx_gateway_request(struct nx_egress_request *out, struct nx_house *house, nx_arena *a,
                             const struct nx_message *m)
{
    const char *key = house->settings->gateway_key;
    NX_REQUIRE(nx_gateway_has(house, m->channel), NX_ERR_GATEWAY_AWAY);
    *out = (struct nx_egress_request){
        .purpose = NX_PURPOSE_GATEWAY, .url = url_of(house, m->channel), .content_type = "application/json"};
    NX_TRY(write_body(&out->body, a, m));
    if (!key || !*key) return NX_OK;
    NX_NEED(out->authorization = nx_arena_printf(a, "Bearer %s", key));
    return NX_OK;
}

/* The answer's body is not looked at: a gateway says by its status whether it took the message. */
nx_result nx_gateway_send(struct nx_house *house, nx_arena *a, const struct nx_message *m)
{
    struct nx_egress_request request;
    struct nx_egress_reply reply = {.status = 0};
    NX_TRY(nx_gateway_request(&request, house, a, m));
    nx_result r = nx_egress_call(&reply, a, house->egress, &request);
    if (nx_ok(r) && reply.status >= 200 && reply.status < 300) return NX_OK;
    nx_log(NX_WARN, "gateway", NX_TEXT("channel", names[m->channel]), NX_TEXT("error", nx_err_name(r.e)),
           NX_NUM("status", reply.status));
    NX_FAIL(NX_ERR_GATEWAY_AWAY);
}
