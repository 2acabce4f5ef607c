/* Labels for lists: what a person needs to recognise a sign-in, and no more. */
#include "authn/sign_in.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>

struct word {
    const char *in; /* stands in the User-Agent */
    const char *out;
};

/* In the order of asking: every Chromium says Chrome and Safari too. */
static const struct word browsers[] = {
    {"Edg/", "Edge"},       {"OPR/", "Opera"},    {"coc_coc", "Cốc Cốc"}, {"Firefox/", "Firefox"},
    {"FxiOS/", "Firefox"},  {"CriOS/", "Chrome"}, {"Chrome/", "Chrome"},  {"Chromium/", "Chrome"},
    {"Version/", "Safari"}, {"curl/", "curl"}};
static const struct word systems[] = {{"Android", "Android"}, {"iPhone", "iPhone"},  {"iPad", "iPad"},
                                      {"Windows", "Windows"}, {"Mac OS X", "macOS"}, {"CrOS", "ChromeOS"},
                                      {"Linux", "Linux"}};

static const struct word *find(const struct word *words, size_t n, const char *text)
{
    for (size_t i = 0; i < n; i++)
        if (strstr(text, words[i].in)) return &words[i];
    return NULL;
}

/* The major version behind "Name/", 0 when there is none. */
static int version_of(const char *text, const struct word *browser)
{
    const char *at = strchr(browser->in, '/') ? strstr(text, browser->in) : NULL;
    long v = at ? strtol(at + strlen(browser->in), NULL, 10) : 0;
    return v > 0 && v < 10000 ? (int)v : 0;
}

char *nx_agent_label(nx_arena *a, const char *user_agent)
{
    const char *text = user_agent ? user_agent : "";
    const struct word *browser = find(browsers, sizeof browsers / sizeof browsers[0], text);
    const struct word *system = find(systems, sizeof systems / sizeof systems[0], text);
    int version = browser ? version_of(text, browser) : 0;
    const char *name = browser ? browser->out : "?";
    if (version) return nx_arena_printf(a, "%s %d · %s", name, version, system ? system->out : "?");
    return nx_arena_printf(a, "%s · %s", name, system ? system->out : "?");
}

char *nx_network_label(nx_arena *a, const char *address)
{
    unsigned char v4[4], v6[16];
    if (!address) return nx_arena_strdup(a, "local");
    if (inet_pton(AF_INET, address, v4) == 1) return nx_arena_printf(a, "%u.%u.%u.0/24", v4[0], v4[1], v4[2]);
    if (inet_pton(AF_INET6, address, v6) != 1) return nx_arena_strdup(a, "local");
    char text[INET6_ADDRSTRLEN];
    memset(v6 + 6, 0, sizeof v6 - 6);
    return nx_arena_printf(a, "%s/48", inet_ntop(AF_INET6, v6, text, sizeof text));
}
