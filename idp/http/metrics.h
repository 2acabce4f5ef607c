/* Counters and latency histograms with fixed labels: a row of the route table each, so that nothing from
 * outside ever becomes a label. Lock-free; a reader may see a count a moment before its sum. */
#ifndef NX_HTTP_METRICS_H
#define NX_HTTP_METRICS_H

#include "base/buf.h"

#include <stdatomic.h>

#define NX_LATENCY_BUCKETS 11

struct nx_row_metrics {
    _Atomic uint64_t by_class[6];                    /* [2]: 2xx … */
    _Atomic uint64_t bucket[NX_LATENCY_BUCKETS + 1]; /* not cumulated; the last holds the rest */
    _Atomic uint64_t sum_us;
};

void nx_row_count(struct nx_row_metrics *m, int status, int64_t elapsed_ns);

struct nx_row_label {
    const char *face;
    const char *method;
    const char *path;
};
/* The samples of one row. Rows that were never
 * asked for are left out. */
void nx_row_requests_write(const struct nx_row_metrics *m, const struct nx_row_label *label, nx_buf *out);
void nx_row_latency_write(const struct nx_row_metrics *m, const struct nx_row_label *label, nx_buf *out);

#endif
