#include "policies/policy.h"

#define MINUTE 60
#define HOUR 3600
#define DAY 86400

static const struct nx_acr_row acr_rows[] = {
#define A(level, rung, means, first) {(level), (rung), (means), (first)},
#include "policies/assurance.def"
#undef A
};

static const struct nx_policy shipped = {
    .acr = acr_rows,
    .acr_count = sizeof acr_rows / sizeof acr_rows[0],
    .rung_cap = {[NX_P0] = NX_M2, [NX_P1] = NX_M2, [NX_P2] = NX_M3, [NX_P3] = NX_M4},
    .no_qr_cap = {[NX_SUBJECT_CITIZEN] = NX_M1,
                  [NX_SUBJECT_ORGANISATION] = NX_M1,
                  [NX_SUBJECT_HOUSEHOLD] = NX_M1,
                  [NX_SUBJECT_OFFICIAL] = NX_M1},
    .no_qr_exempt_means = {[NX_SUBJECT_OFFICIAL] =
                               NX_MEANS_PASSKEY_UV | NX_MEANS_PASSKEY_BIOMETRIC | NX_MEANS_CERTIFICATE},
    .paper_cap = NX_M1,
    .unreachable_cap = NX_M2,
    .device_grant_cap = NX_M2,
    .life =
        {
            .transaction = NX_LIFE_TRANSACTION_S,
            .code = NX_LIFE_CODE_S,
            .access = 300,
            .id_token = 300,
            .session_idle = 2 * HOUR,
            .session_most = 12 * HOUR,
            .foreign_idle = NX_LIFE_FOREIGN_IDLE_S,
            .foreign_most = 2 * HOUR,
            .refresh_idle = 30 * DAY,
            .refresh_most = 180 * DAY,
            .refresh_retry = NX_LIFE_REFRESH_RETRY_S,
            .consent = 365 * DAY,
            .logout_token = 120,
            .assertion_most = 5 * MINUTE,
        },
};

static const char *const kinds[NX_SUBJECT_KINDS] = {
    [NX_SUBJECT_CITIZEN] = "citizen",
    [NX_SUBJECT_ORGANISATION] = "organisation",
    [NX_SUBJECT_HOUSEHOLD] = "household",
    [NX_SUBJECT_OFFICIAL] = "official",
};

const struct nx_policy *nx_policy(void)
{
    return &shipped;
}

const char *nx_subject_kind_text(enum nx_subject_kind kind)
{
    return kind >= NX_SUBJECT_CITIZEN && kind < NX_SUBJECT_KINDS ? kinds[kind] : kinds[NX_SUBJECT_CITIZEN];
}

enum nx_subject_kind nx_subject_kind_of(nx_span text)
{
    for (int k = 0; k < NX_SUBJECT_KINDS; k++)
        if (nx_span_eq_str(text, kinds[k])) return (enum nx_subject_kind)k;
    return NX_SUBJECT_CITIZEN;
}
