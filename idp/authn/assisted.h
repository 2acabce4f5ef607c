/* Assisted sign-in: an officer at a counter vouches for somebody who stands in front of her.
 *
 * She is an official whom an operator has put at that counter, signed in herself at m2 or better, freshly. She looks
 * the person up by her national number, compares card and face, and gets twelve digits that the person's screen takes
 * once within two minutes. What comes of it is a session for one portal, m2 at most (policies/assurance.def), that
 * changes no credentials, and whose tokens name the officer (`act`, RFC 8693 section 4.1). */
#ifndef NX_AUTHN_ASSISTED_H
#define NX_AUTHN_ASSISTED_H

#include "authn/sign_in.h"
#include "registry/counter.h"
#include "registry/person.h"

/* Some hundreds are good at a time in a whole country: whoever guesses from many places guesses at all of them. */
#define NX_VOUCHER_DIGITS 12

/* Who is meant by a national number. NX_ERR_NOT_FOUND, also for a number that cannot be one; NX_ERR_PERSON_INACTIVE.
 * Throttled by officer: NX_ERR_HTTP_RATE. */
NX_FALLIBLE nx_assisted_find(struct nx_person *out, struct nx_house *house, nx_arena *a, const char *officer,
                             nx_span number);
/* Makes a voucher, with its audit row. digits has room for NX_VOUCHER_DIGITS and a NUL. NX_ERR_RUNG for herself. */
NX_FALLIBLE nx_assisted_vouch(char *digits, struct nx_house *house, nx_arena *a, const struct nx_counter *officer,
                              const char *person);

/* The proof for digits that were typed (spaces are nothing); strings in the arena. The officer must still be one at a
 * counter, and active. NX_ERR_PASSWORD: wrong, used or over; NX_ERR_HTTP_RATE with *retry_after_s. */
NX_FALLIBLE nx_assisted_prove(struct nx_proof *out, struct nx_house *house, nx_arena *a, const char *digits,
                              const char *source, int64_t *retry_after_s);

#endif
