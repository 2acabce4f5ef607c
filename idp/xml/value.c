/* Values of attributes and texts, in the lexical forms of XML Schema part 2. */
#include "base/text.h"
#include "xml/tree.h"

#include <time.h>

#define DAY_S 86400

static bool is_space(uint8_t c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static nx_span trimmed(nx_span s)
{
    while (s.n && is_space(s.p[0]))
        s = nx_span_from(s, 1);
    while (s.n && is_space(s.p[s.n - 1]))
        s.n--;
    return s;
}

/* ---- attributes
 * ---------------------------------------------------------------------------------------------- */

NX_FALLIBLE nx_xml_attr_bool(bool *out, const nx_xml_node *e, const char *name, bool otherwise)
{
    const char *value = nx_xml_attr(e, name);
    nx_span s = trimmed(nx_span_str(value));
    bool yes = nx_span_eq_str(s, "true") || nx_span_eq_str(s, "1");
    bool no = nx_span_eq_str(s, "false") || nx_span_eq_str(s, "0");
    NX_REQUIRE(!value || yes || no, NX_ERR_SYNTAX);
    *out = value ? yes : otherwise;
    return NX_OK;
}

NX_FALLIBLE nx_xml_attr_number(unsigned *out, const nx_xml_node *e, const char *name, unsigned otherwise)
{
    const char *value = nx_xml_attr(e, name);
    uint64_t n = otherwise;
    if (value) NX_TRY(nx_parse_u64(&n, trimmed(nx_span_str(value)), UINT16_MAX));
    *out = (unsigned)n;
    return NX_OK;
}

NX_FALLIBLE nx_xml_attr_time(nx_time *out, const nx_xml_node *e, const char *name, nx_time otherwise)
{
    const char *value = nx_xml_attr(e, name);
    if (value) return nx_xml_time(out, nx_span_str(value));
    *out = otherwise;
    return NX_OK;
}

/* ---- times
 * --------------------------------------------------------------------------------------------------- */

/* Takes exactly `digits` digits. */
static bool take_number(int *out, nx_span *s, size_t digits)
{
    int n = 0;
    if (s->n < digits) return false;
    for (size_t i = 0; i < digits; i++) {
        if (s->p[i] < '0' || s->p[i] > '9') return false;
        n = n * 10 + (s->p[i] - '0');
    }
    *s = nx_span_from(*s, digits);
    *out = n;
    return true;
}

static bool take_char(nx_span *s, uint8_t c)
{
    if (!s->n || *s->p != c) return false;
    *s = nx_span_from(*s, 1);
    return true;
}

static bool take_date(struct tm *tm, nx_span *s)
{
    bool form = take_number(&tm->tm_year, s, 4) && take_char(s, '-') && take_number(&tm->tm_mon, s, 2) &&
                take_char(s, '-') && take_number(&tm->tm_mday, s, 2);
    tm->tm_year -= 1900;
    tm->tm_mon -= 1;
    return form && tm->tm_mon >= 0 && tm->tm_mon < 12 && tm->tm_mday >= 1;
}

static bool take_clock(struct tm *tm, nx_span *s)
{
    return take_number(&tm->tm_hour, s, 2) && take_char(s, ':') && take_number(&tm->tm_min, s, 2) &&
           take_char(s, ':') && take_number(&tm->tm_sec, s, 2) && tm->tm_hour < 24 && tm->tm_min < 60 &&
           tm->tm_sec < 60;
}

static bool take_fraction(nx_span *s)
{
    if (!take_char(s, '.')) return true;
    size_t n = 0;
    while (n < s->n && s->p[n] >= '0' && s->p[n] <= '9')
        n++;
    *s = nx_span_from(*s, n);
    return n > 0;
}

/* Seconds east of UTC; the end of the text must follow. */
static bool take_zone(int *east, nx_span *s)
{
    int hours = 0, minutes = 0;
    *east = 0;
    if (!s->n || take_char(s, 'Z')) return s->n == 0;
    int sign = take_char(s, '+') ? 1 : take_char(s, '-') ? -1 : 0;
    if (!sign || !take_number(&hours, s, 2) || !take_char(s, ':') || !take_number(&minutes, s, 2))
        return false;
    *east = sign * (hours * 3600 + minutes * 60);
    return hours <= 14 && minutes < 60 && s->n == 0;
}

NX_FALLIBLE nx_xml_time(nx_time *out, nx_span text)
{
    struct tm tm = {.tm_isdst = 0};
    int east;
    nx_span s = trimmed(text);
    bool form = take_date(&tm, &s) && take_char(&s, 'T') && take_clock(&tm, &s) && take_fraction(&s) &&
                take_zone(&east, &s);
    NX_REQUIRE(form, NX_ERR_SYNTAX);
    int day = tm.tm_mday;
    nx_time t = timegm(&tm);
    NX_REQUIRE(tm.tm_mday == day, NX_ERR_SYNTAX); /* the 31st of a shorter month was carried over */
    *out = t - east;
    return NX_OK;
}

struct unit {
    uint8_t letter;
    int64_t seconds;
};

/* Takes the numbers with their letters, each letter at most once and in this order. */
static bool take_units(int64_t *sum, nx_span *s, const struct unit *units, size_t count)
{
    bool any = false;
    for (size_t i = 0; i < count; i++) {
        size_t digits = 0;
        int n = 0;
        while (digits < s->n && digits <= 9 && s->p[digits] >= '0' && s->p[digits] <= '9')
            digits++;
        if (!digits || digits > 9 || digits == s->n || s->p[digits] != units[i].letter) continue;
        if (!take_number(&n, s, digits) || !take_char(s, units[i].letter)) return false;
        *sum += n * units[i].seconds;
        any = true;
    }
    return any;
}

NX_FALLIBLE nx_xml_duration(int64_t *out, nx_span text)
{
    static const struct unit days[] = {{'Y', 365 * DAY_S}, {'M', 30 * DAY_S}, {'D', DAY_S}};
    static const struct unit clock[] = {{'H', 3600}, {'M', 60}, {'S', 1}};
    int64_t sum = 0;
    nx_span s = trimmed(text);
    bool form = take_char(&s, 'P');
    bool any = form && take_units(&sum, &s, days, 3);
    if (form && take_char(&s, 'T')) {
        any = take_units(&sum, &s, clock, 3);
        form = any;
    }
    NX_REQUIRE(form && any && s.n == 0, NX_ERR_SYNTAX);
    NX_REQUIRE(sum <= INT32_MAX, NX_ERR_RANGE);
    *out = sum;
    return NX_OK;
}

/* ---- texts
 * --------------------------------------------------------------------------------------------------- */

NX_FALLIBLE nx_xml_text(char **out, nx_arena *a, const nx_xml_node *e, size_t max)
{
    const xmlNode *child = nx_xml_tree_of(e)->children;
    /* One text node is the rule; whatever else stands there is no text. */
    NX_REQUIRE(!child || (child->type == XML_TEXT_NODE && !child->next), NX_ERR_XML_FORM);
    nx_span text = nx_span_str(child ? nx_xml_chars(child->content) : "");
    NX_REQUIRE(text.n <= max, NX_ERR_LIMIT);
    *out = nx_arena_dup(a, text);
    NX_NEED(*out);
    return NX_OK;
}

NX_FALLIBLE nx_xml_token(char **out, nx_arena *a, const nx_xml_node *e, size_t max)
{
    char *text;
    NX_TRY(nx_xml_text(&text, a, e, max));
    *out = nx_arena_dup(a, trimmed(nx_span_str(text)));
    NX_NEED(*out);
    return NX_OK;
}

NX_FALLIBLE nx_xml_base64(nx_span *out, nx_arena *a, const nx_xml_node *e, size_t max)
{
    char *text;
    size_t n = 0;
    NX_TRY(nx_xml_text(&text, a, e, 2 * max + 64)); /* four characters for three bytes, and the folding */
    for (const char *c = text; *c; c++)
        if (!is_space((uint8_t)*c)) text[n++] = *c;
    NX_TRY(nx_b64_decode_dup(out, a, nx_span_of(text, n)));
    NX_REQUIRE(out->n <= max, NX_ERR_LIMIT);
    return NX_OK;
}
