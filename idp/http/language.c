#include "http/language.h"

#include <stdlib.h>
#include <strings.h>

const char *const nx_languages[] = {"vi", "en", NULL};

/* A tag names a language of ours when its first subtag does: "vi-VN" is Vietnamese. */
static const char *by_tag(nx_span tag)
{
    for (size_t i = 0; nx_languages[i]; i++) {
        size_t n = strlen(nx_languages[i]);
        if (tag.n >= n && strncasecmp((const char *)tag.p, nx_languages[i], n) == 0 &&
            (tag.n == n || tag.p[n] == '-'))
            return nx_languages[i];
    }
    return NULL;
}

const char *nx_language_exact(const char *tag)
{
    for (size_t i = 0; tag && nx_languages[i]; i++)
        if (strcmp(tag, nx_languages[i]) == 0) return nx_languages[i];
    return NULL;
}

const char *nx_language_pick(const char *ui_locales, const char *otherwise)
{
    nx_span rest = nx_span_str(ui_locales), tag;
    if (!ui_locales) return otherwise;
    while (nx_span_cut(&rest, ' ', &tag)) {
        const char *found = by_tag(tag);
        if (found) return found;
    }
    return otherwise;
}

static nx_span trimmed(nx_span s)
{
    while (s.n && (s.p[0] == ' ' || s.p[0] == '\t'))
        s = (nx_span){s.p + 1, s.n - 1};
    while (s.n && (s.p[s.n - 1] == ' ' || s.p[s.n - 1] == '\t'))
        s.n--;
    return s;
}

/* The weight in thousandths: ";q=0.8" is 800, none is 1000, anything malformed is 0 (not wanted). */
static int weight(nx_span parameters)
{
    nx_span q = trimmed(parameters);
    if (q.n == 0) return 1000;
    if (q.n < 3 || (q.p[0] | 0x20) != 'q' || q.p[1] != '=') return 0;
    int value = 0, scale = 1000;
    for (size_t i = 2; i < q.n && i < 7; i++) {
        if (q.p[i] == '.') continue;
        if (q.p[i] < '0' || q.p[i] > '9') return 0;
        value += (q.p[i] - '0') * scale;
        scale /= 10;
    }
    return value;
}

const char *nx_language_accept(const char *accept, const char *otherwise)
{
    nx_span rest = nx_span_str(accept), piece, tag;
    const char *best = otherwise;
    int best_weight = 0;
    if (!accept) return otherwise;
    while (nx_span_cut(&rest, ',', &piece)) {
        nx_span parameters = piece;
        if (!nx_span_cut(&parameters, ';', &tag)) continue;
        const char *found = by_tag(trimmed(tag));
        int w = found ? weight(parameters) : 0;
        if (w > best_weight) {
            best = found;
            best_weight = w;
        }
    }
    return best;
}
