import { METRICS, type MetricRow, PREFIX } from "./table.ts";

/** The page about the metrics, made from their table so that it cannot drift. */
export function metricsPage(): string {
  const rows = Object.entries<MetricRow>(METRICS).map(
    ([name, { type, labels, help }]) =>
      `| \`${PREFIX}${name}\` | ${type} | ${labels.map((label) => `\`${label}\``).join(", ")} | ${help} |`,
  );
  return `# Metrics

Read at \`/metrics\` on \`metrics_listen\` (127.0.0.1:9464 unless configured), in the text format of
Prometheus. Labels come from the configuration and from fixed lists alone: nobody who calls the service
can make new series. The default metrics of the Node process stand beside these.

This page is made from the table in \`src/metrics/table.ts\`.

| metric | type | labels | says |
| --- | --- | --- | --- |
${rows.join("\n")}
`;
}
