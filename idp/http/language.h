/* Which language a page speaks: Vietnamese unless something the person said makes it English. */
#ifndef NX_HTTP_LANGUAGE_H
#define NX_HTTP_LANGUAGE_H

#include "base/span.h"

#define NX_LANGUAGE_COOKIE "__Host-nxl"

/* The languages of the catalogues, the default first; ends with NULL. */
extern const char *const nx_languages[];

/* The static name of an exact tag ("vi", "en"), or NULL. */
const char *nx_language_exact(const char *tag);
/* The first known language of a space-separated list of BCP 47 tags (ui_locales); otherwise `otherwise`. */
const char *nx_language_pick(const char *ui_locales, const char *otherwise);
/* The best known language of an Accept-Language value, by weight and then order (RFC 9110 section 12.5.4);
 * otherwise `otherwise`. NULL value allowed. */
const char *nx_language_accept(const char *accept, const char *otherwise);

#endif
