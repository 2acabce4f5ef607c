#include "http/metrics.h"

static const int64_t bounds_us[NX_LATENCY_BUCKETS] = {500,   1000,   2500,   5000,   10000,  25000,
                                                      50000, 100000, 250000, 500000, 2500000};
static const char *const bounds_text[NX_LATENCY_BUCKETS] = {
    "0.0005", "0.001", "0.0025", "0.005", "0.01", "0.025", "0.05", "0.1", "0.25", "0.5", "2.5"};

static void add(_Atomic uint64_t *counter, uint64_t n)
{
    atomic_fetch_add_explicit(counter, n, memory_order_relaxed);
}

static uint64_t get(const _Atomic uint64_t *counter)
{
    return atomic_load_explicit(counter, memory_order_relaxed);
}

void nx_row_count(struct nx_row_metrics *m, int status, int64_t elapsed_ns)
{
    int64_t us = elapsed_ns / 1000;
    size_t i = 0;
    while (i < NX_LATENCY_BUCKETS && us > bounds_us[i])
        i++;
    add(&m->by_class[status >= 100 && status < 600 ? status / 100 : 5], 1);
    add(&m->bucket[i], 1);
    add(&m->sum_us, us > 0 ? (uint64_t)us : 0);
}

void nx_row_requests_write(const struct nx_row_metrics *m, const struct nx_row_label *l, nx_buf *out)
{
    for (int c = 1; c < 6; c++) {
        uint64_t n = get(&m->by_class[c]);
        if (n)
            nx_buf_addf(
                out, "nixa_http_requests_total{face=\"%s\",method=\"%s\",route=\"%s\",class=\"%dxx\"} %llu\n",
                l->face, l->method, l->path, c, (unsigned long long)n);
    }
}

void nx_row_latency_write(const struct nx_row_metrics *m, const struct nx_row_label *l, nx_buf *out)
{
    uint64_t total = 0, below = 0;
    for (size_t i = 0; i <= NX_LATENCY_BUCKETS; i++)
        total += get(&m->bucket[i]);
    if (!total) return;
    for (size_t i = 0; i < NX_LATENCY_BUCKETS; i++) {
        below += get(&m->bucket[i]);
        nx_buf_addf(out, "nixa_http_seconds_bucket{method=\"%s\",route=\"%s\",le=\"%s\"} %llu\n", l->method,
                    l->path, bounds_text[i], (unsigned long long)below);
    }
    nx_buf_addf(out, "nixa_http_seconds_bucket{method=\"%s\",route=\"%s\",le=\"+Inf\"} %llu\n", l->method,
                l->path, (unsigned long long)total);
    nx_buf_addf(out, "nixa_http_seconds_sum{method=\"%s\",route=\"%s\"} %.6f\n", l->method, l->path,
                (double)get(&m->sum_us) / 1e6);
    nx_buf_addf(out, "nixa_http_seconds_count{method=\"%s\",route=\"%s\"} %llu\n", l->method, l->path,
                (unsigned long long)total);
}
