/* What may stand in a person's fields. */
#include "registry/person.h"

static const char *const kind_names[NX_PERSON_KINDS] = {"citizen", "organisation", "household", "official"};

const char *nx_person_kind_name(enum nx_person_kind kind)
{
    return kind_names[kind];
}

nx_result nx_person_kind_of(enum nx_person_kind *out, nx_span name)
{
    for (int i = 0; i < NX_PERSON_KINDS; i++) {
        if (!nx_span_eq_str(name, kind_names[i])) continue;
        *out = (enum nx_person_kind)i;
        return NX_OK;
    }
    NX_FAIL(NX_ERR_UNKNOWN);
}

/* No spaces at the ends or control characters: two names that look alike to a reader are one mistake waiting.
 */
static nx_result check_user_name(const char *s)
{
    NX_REQUIRE(s && *s, NX_ERR_MISSING);
    nx_span name = nx_span_str(s);
    NX_REQUIRE(name.n <= NX_USER_NAME_MAX, NX_ERR_LIMIT);
    NX_REQUIRE(nx_utf8_printable(name), NX_ERR_ENCODING);
    NX_REQUIRE(name.p[0] != ' ' && name.p[name.n - 1] != ' ', NX_ERR_SYNTAX);
    return NX_OK;
}

static bool line_valid(nx_span line)
{
    return line.n == 0 || nx_utf8_printable(line);
}

static nx_result check_text(const char *s)
{
    if (!s) return NX_OK;
    nx_span rest = nx_span_str(s), line;
    NX_REQUIRE(rest.n <= NX_PERSON_TEXT_MAX, NX_ERR_LIMIT);
    while (nx_span_cut(&rest, '\n', &line))
        NX_REQUIRE(line_valid(line), NX_ERR_ENCODING);
    return NX_OK;
}

static nx_result two_digits(const char *s, int least, int most, int *out)
{
    NX_REQUIRE(s[0] >= '0' && s[0] <= '9' && s[1] >= '0' && s[1] <= '9', NX_ERR_SYNTAX);
    *out = (s[0] - '0') * 10 + (s[1] - '0');
    NX_REQUIRE(*out >= least && *out <= most, NX_ERR_RANGE);
    return NX_OK;
}

static int days_of(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return days[month - 1] + (month == 2 && leap);
}

static nx_result check_birthdate(const char *s)
{
    if (!s) return NX_OK;
    int century, year, month, day;
    NX_REQUIRE(strlen(s) == 10 && s[4] == '-' && s[7] == '-', NX_ERR_SYNTAX);
    NX_TRY(two_digits(s, 18, 23, &century));
    NX_TRY(two_digits(s + 2, 0, 99, &year));
    NX_TRY(two_digits(s + 5, 1, 12, &month));
    NX_TRY(two_digits(s + 8, 1, days_of(century * 100 + year, month), &day));
    return NX_OK;
}

static nx_result check_gender(const char *s)
{
    if (!s) return NX_OK;
    NX_REQUIRE(strcmp(s, "male") == 0 || strcmp(s, "female") == 0 || strcmp(s, "other") == 0, NX_ERR_RANGE);
    return NX_OK;
}

/* One @ with something on both sides, no spaces: whether it is reached shows when a message is answered. */
static nx_result check_email(const char *s)
{
    if (!s) return NX_OK;
    const char *at = strchr(s, '@');
    NX_REQUIRE(at && at != s && at[1] && !strchr(at + 1, '@') && !strpbrk(s, " \n"), NX_ERR_SYNTAX);
    return NX_OK;
}

/* E.164: "+" and 8 to 15 digits. */
static nx_result check_phone(const char *s)
{
    if (!s) return NX_OK;
    size_t n = strlen(s);
    NX_REQUIRE(s[0] == '+' && n >= 9 && n <= 16 && strspn(s + 1, "0123456789") == n - 1, NX_ERR_SYNTAX);
    return NX_OK;
}

nx_result nx_person_validate(const struct nx_person *p)
{
    NX_TRY(check_user_name(p->user_name));
    NX_REQUIRE((unsigned)p->kind < NX_PERSON_KINDS, NX_ERR_RANGE);
    NX_REQUIRE(p->proofing >= 1 && p->proofing <= 4, NX_ERR_RANGE);
    const char *const texts[] = {p->external_id, p->name,    p->family_name, p->middle_name,
                                 p->given_name,  p->address, p->email,       p->locale};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        NX_TRY(check_text(texts[i]));
    NX_TRY(check_birthdate(p->birthdate));
    NX_TRY(check_gender(p->gender));
    NX_TRY(check_email(p->email));
    return check_phone(p->phone);
}
