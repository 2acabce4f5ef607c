/* RequestedAuthnContext (saml-core section 3.3.2.2.1): what a portal asks of a sign-in, as levels, and which class
 * is stated in answer.
 *
 *     exact     the class stated is one of those named
 *     minimum   at least as strong as one of them      maximum   no stronger than one of them
 *     better    stronger than every one of them
 *
 * Strength is the level of the row (context.def). A session that is stronger than may be said is not sent back:
 * what is stated is capped, as a person with a chip card may well read a page that asks for a password. */
#ifndef NX_SAML_CONTEXT_H
#define NX_SAML_CONTEXT_H

#include "base/result.h"
#include "policies/level.h"

#define NX_SAML_CONTEXTS_MAX 16 /* class references in one request */

enum nx_saml_comparison { NX_SAML_EXACT, NX_SAML_MINIMUM, NX_SAML_MAXIMUM, NX_SAML_BETTER, NX_SAML_COMPARISONS };
/* NX_SAML_COMPARISONS for a word that is none; the empty word is exact. */
enum nx_saml_comparison nx_saml_comparison_of(nx_span word);

struct nx_saml_context {
    bool asked;
    enum nx_saml_comparison comparison;
    uint32_t classes; /* a bit for each row of context.def that was named */
    bool named;       /* something was named that is not ours: with exact, nothing else may be stated for it */
};
/* Adds a class reference. NX_ERR_LIMIT is the caller's: it counts. */
void nx_saml_context_add(struct nx_saml_context *c, nx_span uri);

/* The lowest level that satisfies, for struct nx_ask; *essential: whether it must be reached. NX_ERR_SAML_NO_CONTEXT
 * when nothing that was named can be given at all. */
NX_FALLIBLE nx_saml_context_level(const struct nx_saml_context *c, enum nx_level *lowest, bool *essential);

/* The class to state for a sign-in of that level by those means; static. *said is the level that it says, which is all
 * that the portal is to be told. NX_ERR_SAML_NO_CONTEXT when none of those that were asked for is true of it. */
NX_FALLIBLE nx_saml_context_state(const struct nx_saml_context *c, enum nx_level level, unsigned means,
                                  const char **uri, enum nx_level *said);

#endif
