/**
 * What can be counted: one table makes the metrics, and their page.
 *
 * Promises: labels never come from a token; each service has a registry of its own. May touch:
 * nothing but the statistics of its own process.
 */
export { createMetrics, type Metrics } from "./metrics.ts";
export { metricsPage } from "./page.ts";
