#include "gate/enrolled.h"

#include "config/settings.h"
#include "registry/certificate.h"
#include "registry/credential.h"
#include "registry/link.h"
#include "registry/one_time.h"
#include "registry/passkey.h"
#include "registry/qr_identity.h"
#include "registry/upstream.h"

struct look {
    struct nx_held *held;
    struct nx_house *house;
    nx_arena *arena;
    const struct nx_person *person;
};

static void add(struct look *l, unsigned means, int bound_at)
{
    nx_held_add(l->held, means, (enum nx_level)bound_at);
}

static nx_result passwords(struct look *l)
{
    struct nx_credential c;
    nx_result r =
        nx_credential_get(l->house->registry, l->arena, l->person->id.s, NULL, NX_CREDENTIAL_PASSWORD, &c);
    if (r.e == NX_ERR_NOT_FOUND) return NX_OK;
    NX_TRY(r);
    if (c.state == NX_CREDENTIAL_ACTIVE) add(l, NX_MEANS_PASSWORD, c.bound_at);
    return NX_OK;
}

/* A pending one becomes active by this very use. */
static nx_result generators(struct look *l)
{
    struct nx_one_time *list;
    size_t n;
    NX_TRY(nx_one_time_list(l->house->registry, l->arena, l->person->id.s, &list, &n));
    for (size_t i = 0; i < n; i++)
        add(l, NX_MEANS_OTP, list[i].bound_at);
    return NX_OK;
}

static nx_result recovery(struct look *l)
{
    int64_t left;
    nx_time created;
    NX_TRY(nx_recovery_count(l->house->registry, l->person->id.s, &left, &created));
    if (left > 0) add(l, NX_MEANS_RECOVERY, NX_M1);
    return NX_OK;
}

static nx_result sent_codes(struct look *l)
{
    const struct nx_settings *s = l->house->settings;
    bool sms = l->person->phone && l->person->phone_verified && s->sms_gateway && *s->sms_gateway;
    bool email = l->person->email && l->person->email_verified && s->email_gateway && *s->email_gateway;
    if (sms || email) add(l, NX_MEANS_OTP_SENT, NX_M2);
    return NX_OK;
}

static nx_result phones(struct look *l)
{
    struct nx_qr_identity *list;
    size_t n;
    nx_time now = nx_now();
    NX_TRY(nx_qr_identity_list(l->house->registry, l->arena, l->person->id.s, &list, &n));
    for (size_t i = 0; i < n; i++)
        if (list[i].kind == NX_QR_DEVICE && list[i].status == NX_QR_ACTIVE && list[i].expires > now)
            add(l, NX_MEANS_QR_PIN, list[i].bound_at);
    return NX_OK;
}

/* A model without a row is allowed, and no biometric. */
static nx_result passkey_means(unsigned *out, struct look *l, const struct nx_passkey *k)
{
    struct nx_passkey_model model;
    nx_result r = nx_passkey_model_get(l->house->registry, l->arena, k->aaguid, &model);
    *out = NX_MEANS_PASSKEY_UV;
    if (r.e == NX_ERR_NOT_FOUND) return NX_OK;
    NX_TRY(r);
    if (!model.allowed) *out = NX_MEANS_NONE;
    if (model.allowed && model.biometric && k->attested && !k->backup_eligible)
        *out = NX_MEANS_PASSKEY_BIOMETRIC;
    return NX_OK;
}

static nx_result passkeys(struct look *l)
{
    struct nx_passkey *list;
    size_t n;
    unsigned means;
    NX_TRY(nx_passkey_list(l->house->registry, l->arena, l->person->id.s, &list, &n));
    for (size_t i = 0; i < n; i++) {
        if (list[i].qid.s[0] || list[i].state != NX_PASSKEY_ACTIVE) continue;
        NX_TRY(passkey_means(&means, l, &list[i]));
        add(l, means, list[i].bound_at);
    }
    return NX_OK;
}

/* A certificate is bound where it was linked; whether it stands is asked of its authority when it is shown.
 */
static nx_result certificates(struct look *l)
{
    struct nx_certificate *list;
    size_t n;
    NX_TRY(nx_certificate_list(l->house->registry, l->arena, l->person->id.s, &list, &n));
    for (size_t i = 0; i < n; i++)
        if (list[i].not_after > nx_now()) add(l, NX_MEANS_CERTIFICATE, list[i].bound_at);
    return NX_OK;
}

static unsigned means_of(enum nx_upstream_kind kind)
{
    switch (kind) {
    case NX_UPSTREAM_OIDC:
    case NX_UPSTREAM_SAML:
        return NX_MEANS_UPSTREAM;
    case NX_UPSTREAM_LDAP:
    case NX_UPSTREAM_RADIUS:
        return NX_MEANS_DIRECTORY;
    case NX_UPSTREAM_KERBEROS:
        return NX_MEANS_KERBEROS;
    }
    return NX_MEANS_NONE;
}

/* Accounts elsewhere, at most as high as their row lets them; how high a sign-in there was, only it tells. */
static nx_result links(struct look *l)
{
    struct nx_link *list;
    size_t n;
    NX_TRY(nx_link_list(l->house->registry, l->arena, l->person->id.s, &list, &n));
    for (size_t i = 0; i < n; i++) {
        NX_AUTO_UPSTREAM u = NULL;
        nx_result r = nx_upstream_get(l->house->registry, nx_span_str(list[i].upstream), &u);
        if (r.e == NX_ERR_NOT_FOUND) continue;
        NX_TRY(r);
        if (u->on) add(l, means_of(u->kind), u->level_cap);
    }
    return NX_OK;
}

nx_result nx_gate_enrolled(struct nx_held *out, struct nx_house *house, nx_arena *a,
                           const struct nx_person *person)
{
    static nx_result (*const kinds[])(struct look *) = {passwords, generators, recovery,     sent_codes,
                                                        phones,    passkeys,   certificates, links};
    *out = (struct nx_held){.means = NX_MEANS_NONE};
    struct look l = {out, house, a, person};
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        NX_TRY(kinds[i](&l));
    return NX_OK;
}
