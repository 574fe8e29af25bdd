import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";
import { METRICS, type MetricName, type MetricRow, PREFIX } from "./table.ts";

type Labels = Readonly<Record<string, string>>;

/** The metrics of one running service. */
export interface Metrics {
  /** Adds to a counter. */
  add(name: MetricName, labels?: Labels, by?: number): void;
  /** Sets a gauge. */
  set(name: MetricName, value: number, labels?: Labels): void;
  /** Drops every series of a gauge, so that only what is set after that is told. */
  forget(name: MetricName): void;
  /** Puts a value into a histogram. */
  observe(name: MetricName, value: number): void;
  /** Called before each reading, to set what is looked up rather than counted. */
  onRead(look: () => void): void;
  /** The text format of Prometheus, with the metrics of the process. */
  read(): Promise<string>;
  readonly content_type: string;
}

/** Makes every metric of the table, in a registry of its own. */
export function createMetrics(): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const made = new Map<string, Counter | Gauge | Histogram>();
  for (const [name, row] of Object.entries(METRICS)) made.set(name, metricOf(name, row, registry));
  const looks: (() => void)[] = [];
  const the = <T>(name: MetricName, type: new (...parameters: never[]) => T): T => {
    const metric = made.get(name);
    if (!(metric instanceof type)) throw new TypeError(`${name} is no ${type.name}`);
    return metric;
  };
  return {
    add: (name, labels = {}, by = 1) => the(name, Counter).inc(labels, by),
    set: (name, value, labels = {}) => the(name, Gauge).set(labels, value),
    forget: (name) => the(name, Gauge).reset(),
    observe: (name, value) => the(name, Histogram).observe(value),
    onRead: (look) => void looks.push(look),
    async read() {
      for (const look of looks) look();
      return registry.metrics();
    },
    content_type: registry.contentType,
  };
}

function metricOf(name: string, row: MetricRow, registry: Registry) {
  const { type, help, labels, buckets } = row;
  const options = {
    name: `${PREFIX}${name}`,
    help,
    labelNames: [...labels],
    registers: [registry],
  };
  if (type === "counter") return new Counter(options);
  if (type === "gauge") return new Gauge(options);
  return new Histogram({ ...options, ...(buckets && { buckets: [...buckets] }) });
}
