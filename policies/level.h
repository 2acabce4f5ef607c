/* Levels of assurance, rungs of proximity and means of sign-in: the words in which policy is written.
 *
 * A level is one of the four of Decree 69/2024 Art. 20, m1 (lowest) to m4, as urn:nixa:acr:mN in `acr`.
 * A rung says how close the phone was proven to be to the screen that receives a session (BCP 247); it is no
 * factor and only caps. Means are a set of bits: what a person really did to sign in. Records of sessions
 * keep levels, rungs and means as plain numbers of the values given here, which therefore never change. */
#ifndef NX_POLICIES_LEVEL_H
#define NX_POLICIES_LEVEL_H

#include "base/result.h"
#include "base/span.h"

enum nx_level { NX_LEVEL_NONE = 0, NX_M1 = 1, NX_M2 = 2, NX_M3 = 3, NX_M4 = 4 };

enum nx_rung { NX_RUNG_NONE = -1, NX_P0 = 0, NX_P1 = 1, NX_P2 = 2, NX_P3 = 3 };

/* One bit a row of means.def. */
enum nx_means_index {
#define M(name, bit, word, text, amr1, amr2, kinds) NX_MEANS_INDEX_##name,
#include "policies/means.def"
#undef M
    NX_MEANS_COUNT
};
enum nx_means {
    NX_MEANS_NONE = 0,
#define M(name, bit, word, text, amr1, amr2, kinds) NX_MEANS_##name = (bit),
#include "policies/means.def"
#undef M
};

/* The kinds of factors of Decree 69/2024 Art. 20, as bits; ELSEWHERE: what somebody else proves. */
enum nx_kind { NX_KIND_KNOWLEDGE = 1, NX_KIND_POSSESSION = 2, NX_KIND_BIOMETRIC = 4, NX_KIND_ELSEWHERE = 8 };
/* The bit of a row. */
unsigned nx_means_bit(enum nx_means_index means);
/* The kinds that a set of means proves. */
unsigned nx_kinds_of_means(unsigned means);
/* At least two kinds of our own: "mfa". */
bool nx_means_multi_factor(unsigned means);

/* "qr-pin", "otp-sent": as operators write it. Static. */
const char *nx_means_word(enum nx_means_index means);
/* "one-time code". Static. */
const char *nx_means_text(enum nx_means_index means);
/* The bits of words by commas ("password,otp"). NX_ERR_UNKNOWN, NX_ERR_MISSING. */
NX_FALLIBLE nx_means_of_words(unsigned *out, nx_span words);

/* "urn:nixa:acr:m2"; NULL for NX_LEVEL_NONE. Static. */
const char *nx_acr_of_level(enum nx_level level);
/* "m2", or "none". Static. */
const char *nx_level_text(enum nx_level level);
/* NX_LEVEL_NONE for a value that is not ours. */
enum nx_level nx_level_of_acr(nx_span acr);
/* Of "m1" … "m4". */
enum nx_level nx_level_of_text(nx_span text);
/* "p0" … "p3"; NULL for NX_RUNG_NONE. Static. */
const char *nx_rung_text(enum nx_rung rung);

/* The RFC 8176 values (and "qr") of a set of means, without duplicates, "mfa" last where two kinds of factors
 * were used (a password and a directory's password are one kind). Static strings; returns how many, at most
 * NX_AMR_MAX. */
#define NX_AMR_MAX 10
size_t nx_amr_of_means(const char *out[NX_AMR_MAX], unsigned means);

#endif
