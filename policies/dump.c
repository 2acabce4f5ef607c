/* The policy as text: one fact a line, in words, so that a diff of the snapshot reads as the change it is. */
#include "policies/policy.h"

static void dump_means(nx_buf *out, unsigned means)
{
    const char *between = "";
    for (size_t i = 0; i < NX_MEANS_COUNT; i++) {
        if (!(means & nx_means_bit((enum nx_means_index)i))) continue;
        nx_buf_addf(out, "%s%s", between, nx_means_text((enum nx_means_index)i));
        between = " + ";
    }
}

static void dump_kinds(nx_buf *out)
{
    static const struct {
        unsigned bit;
        const char *text;
    } kinds[] = {{NX_KIND_KNOWLEDGE, " knowledge"},
                 {NX_KIND_POSSESSION, " possession"},
                 {NX_KIND_BIOMETRIC, " biometric"},
                 {NX_KIND_ELSEWHERE, " elsewhere"}};
    for (size_t i = 0; i < NX_MEANS_COUNT; i++) {
        enum nx_means_index means = (enum nx_means_index)i;
        nx_buf_addf(out, "means: %s (%s):", nx_means_word(means), nx_means_text(means));
        for (size_t k = 0; k < sizeof kinds / sizeof kinds[0]; k++)
            if (nx_kinds_of_means(nx_means_bit(means)) & kinds[k].bit) nx_buf_adds(out, kinds[k].text);
        nx_buf_adds(out, "\n");
    }
}

static void dump_acr(nx_buf *out, const struct nx_policy *p)
{
    for (size_t i = 0; i < p->acr_count; i++) {
        nx_buf_adds(out, "acr: ");
        dump_means(out, p->acr[i].means);
        if (p->acr[i].rung != NX_RUNG_NONE)
            nx_buf_addf(out, ", rung %s or nearer", nx_rung_text(p->acr[i].rung));
        nx_buf_addf(out, ": %s", nx_level_text(p->acr[i].level));
        if (p->acr[i].first) {
            nx_buf_adds(out, ", bound by the means beside ");
            dump_means(out, p->acr[i].first);
        }
        nx_buf_adds(out, "\n");
    }
}

static void dump_caps(nx_buf *out, const struct nx_policy *p)
{
    for (int rung = NX_P0; rung <= NX_P3; rung++)
        nx_buf_addf(out, "cap: rung %s: %s\n", nx_rung_text((enum nx_rung)rung),
                    nx_level_text(p->rung_cap[rung]));
    for (int kind = 0; kind < NX_SUBJECT_KINDS; kind++) {
        nx_buf_addf(out, "cap: %s without QR identity: %s", nx_subject_kind_text((enum nx_subject_kind)kind),
                    nx_level_text(p->no_qr_cap[kind]));
        if (p->no_qr_exempt_means[kind]) {
            nx_buf_adds(out, ", exempt: ");
            dump_means(out, p->no_qr_exempt_means[kind]);
        }
        nx_buf_adds(out, "\n");
    }
    nx_buf_addf(out, "cap: signed in by paper: %s\n", nx_level_text(p->paper_cap));
    nx_buf_addf(out, "cap: portal that cannot be told of a revocation: %s\n",
                nx_level_text(p->unreachable_cap));
    nx_buf_addf(out, "cap: device grant and CIBA: %s\n", nx_level_text(p->device_grant_cap));
}

static void dump_life(nx_buf *out, const struct nx_lifetimes *life)
{
    const struct {
        const char *text;
        int64_t seconds;
    } rows[] = {
        {"login transaction", life->transaction},
        {"authorization code", life->code},
        {"access token", life->access},
        {"ID token", life->id_token},
        {"session, idle", life->session_idle},
        {"session, at most", life->session_most},
        {"session on somebody else's screen, idle", life->foreign_idle},
        {"session on somebody else's screen, at most", life->foreign_most},
        {"refresh token, idle", life->refresh_idle},
        {"refresh family, at most", life->refresh_most},
        {"rotated refresh token, same answer again", life->refresh_retry},
        {"remembered consent", life->consent},
        {"logout token", life->logout_token},
        {"client assertion, exp ahead at most", life->assertion_most},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        nx_buf_addf(out, "lifetime: %s: %lld s\n", rows[i].text, (long long)rows[i].seconds);
}

void nx_policy_dump(nx_buf *out, const struct nx_policy *p)
{
    dump_kinds(out);
    dump_acr(out, p);
    dump_caps(out, p);
    dump_life(out, &p->life);
}
