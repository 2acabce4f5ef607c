/* The structure of linked codes: pure. Their rows are in identifier_rows.c. */
#include "registry/identifier.h"

#include <stdio.h>

typedef nx_result (*check)(const char *value, size_t n);

static bool digits_only(const char *s, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (s[i] < '0' || s[i] > '9') return false;
    return true;
}

static int number_at(const char *s, size_t n)
{
    int v = 0;
    for (size_t i = 0; i < n; i++)
        v = v * 10 + (s[i] - '0');
    return v;
}

static nx_result digits(const char *s, size_t n, size_t want)
{
    NX_REQUIRE(n == want, NX_ERR_IDENTIFIER_LENGTH);
    NX_REQUIRE(digits_only(s, n), NX_ERR_IDENTIFIER_CHARACTER);
    return NX_OK;
}

/* PPP G YY RRRRRR: a place is 001 at least; G and YY name a year that has begun. */
static nx_result check_national(const char *s, size_t n)
{
    NX_TRY(digits(s, n, 12));
    NX_REQUIRE(number_at(s, 3) > 0, NX_ERR_IDENTIFIER_STRUCTURE);
    int year = 1900 + (s[3] - '0') / 2 * 100 + number_at(s + 4, 2);
    int64_t now_year =
        1970 + nx_now() / 31556952; /* mean Gregorian year: New Year's night may be off by hours */
    NX_REQUIRE(year <= now_year, NX_ERR_IDENTIFIER_STRUCTURE);
    return NX_OK;
}

static nx_result check_tax_stem(const char *s)
{
    static const int weight[9] = {31, 29, 23, 19, 17, 13, 7, 5, 3};
    int sum = 0;
    for (int i = 0; i < 9; i++)
        sum += weight[i] * (s[i] - '0');
    NX_REQUIRE(10 - sum % 11 == s[9] - '0',
               NX_ERR_IDENTIFIER_CHECK); /* a remainder of 0 gives 10: no such code */
    return NX_OK;
}

static nx_result check_business(const char *s, size_t n)
{
    NX_TRY(digits(s, n, 10));
    return check_tax_stem(s);
}

static nx_result check_tax_branch(const char *s)
{
    NX_REQUIRE(s[10] == '-' && digits_only(s + 11, 3), NX_ERR_IDENTIFIER_CHARACTER);
    NX_TRY(check_business(s, 10));
    NX_REQUIRE(number_at(s + 11, 3) > 0, NX_ERR_IDENTIFIER_STRUCTURE);
    return NX_OK;
}

static nx_result check_tax(const char *s, size_t n)
{
    if (n == 12) return check_national(s, n);
    if (n == 14) return check_tax_branch(s);
    return check_business(s, n);
}

static nx_result check_social(const char *s, size_t n)
{
    return digits(s, n, 10);
}

static bool capital(char c)
{
    return c >= 'A' && c <= 'Z';
}

/* The printed card: kind of member (2 letters), share (1..5), province and number (12 digits). */
static nx_result check_health(const char *s, size_t n)
{
    if (n == 10) return digits(s, n, 10);
    NX_REQUIRE(n == 15, NX_ERR_IDENTIFIER_LENGTH);
    NX_REQUIRE(capital(s[0]) && capital(s[1]) && digits_only(s + 2, 13), NX_ERR_IDENTIFIER_CHARACTER);
    NX_REQUIRE(s[2] >= '1' && s[2] <= '5', NX_ERR_IDENTIFIER_STRUCTURE);
    return NX_OK;
}

static nx_result check_agency(const char *s, size_t n)
{
    NX_REQUIRE(n >= 1 && n <= 35, NX_ERR_IDENTIFIER_LENGTH);
    bool in_group = false;
    for (size_t i = 0; i < n; i++) {
        bool dot = s[i] == '.';
        NX_REQUIRE(dot || capital(s[i]) || digits_only(s + i, 1), NX_ERR_IDENTIFIER_CHARACTER);
        NX_REQUIRE(!dot || in_group, NX_ERR_IDENTIFIER_STRUCTURE);
        in_group = !dot;
    }
    NX_REQUIRE(in_group, NX_ERR_IDENTIFIER_STRUCTURE);
    return NX_OK;
}

/* Rows in the order of enum nx_scheme. */
static const struct {
    const char *name;
    check check;
} scheme_rows[NX_SCHEMES] = {
    {"national-id", check_national},    {"tax", check_tax},           {"social-insurance", check_social},
    {"health-insurance", check_health}, {"business", check_business}, {"agency", check_agency},
};

const char *nx_scheme_name(enum nx_scheme scheme)
{
    return scheme_rows[scheme].name;
}

nx_result nx_scheme_of(enum nx_scheme *out, nx_span name)
{
    for (int i = 0; i < NX_SCHEMES; i++) {
        if (!nx_span_eq_str(name, scheme_rows[i].name)) continue;
        *out = (enum nx_scheme)i;
        return NX_OK;
    }
    NX_FAIL(NX_ERR_UNKNOWN);
}

nx_result nx_identifier_make(struct nx_identifier *out, enum nx_scheme scheme, nx_span value)
{
    size_t n = 0;
    *out = (struct nx_identifier){.scheme = scheme};
    for (size_t i = 0; i < value.n; i++) {
        char c = (char)value.p[i];
        if (c == ' ') continue;
        NX_REQUIRE(n < NX_IDENTIFIER_MAX, NX_ERR_IDENTIFIER_LENGTH);
        NX_REQUIRE(c != '\0', NX_ERR_IDENTIFIER_CHARACTER);
        out->value[n++] = c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
    }
    return scheme_rows[scheme].check(out->value, n);
}

nx_result nx_national_id_read(struct nx_national_id *out, const struct nx_identifier *id)
{
    NX_REQUIRE(id->scheme == NX_SCHEME_NATIONAL_ID, NX_ERR_RANGE);
    NX_TRY(check_national(id->value, strlen(id->value)));
    int g = id->value[3] - '0';
    snprintf(out->place, sizeof out->place, "%.3s", id->value);
    out->female = g % 2 == 1;
    out->birth_year = 1900 + g / 2 * 100 + number_at(id->value + 4, 2);
    return NX_OK;
}
