import type { Report, Row } from "./report.ts";

const WIDTH = 780;
const BAR = { left: 272, right: 660, height: 26, gap: 18, top: 74 };

/** Decades of a logarithmic axis: the contenders are three orders of magnitude apart. */
const DECADES = [10, 100, 1_000, 10_000, 100_000] as const;

/** Light, and other colours for those who prefer dark. */
const STYLE = `
    .page { fill: #ffffff } text { fill: #1f2328; font: 13px system-ui, sans-serif }
    .title { font-size: 16px; font-weight: 600 } .note, .tick { fill: #59636e; font-size: 12px }
    .grid { stroke: #d1d9e0 } .bar { fill: #8c959f } .ours { fill: #0969da }
    @media (prefers-color-scheme: dark) {
      .page { fill: #0d1117 } text { fill: #f0f6fc } .note, .tick { fill: #9198a1 }
      .grid { stroke: #3d444d } .bar { fill: #656c76 } .ours { fill: #4493f8 }
    }`;

/** The rates as one picture, which follows the reader's choice of light or dark. */
export function plot(report: Report): string {
  const rows = [...report.rows].sort((a, b) => b.per_s - a.per_s);
  const bottom = BAR.top + rows.length * (BAR.height + BAR.gap);
  const { machine } = report;
  const notes = [
    `${report.connections} keep-alive connections, ${report.tokens} distinct RS256 tokens; journal flushed, logs and limits on; logarithmic.`,
    `${machine.cpu}, ${machine.pinned ? "one core" : `${machine.cores} shared cores`}, Node ${machine.versions["node"]}, nats-sts ${machine.versions["nats-sts"]}, ${report.measured_at.slice(0, 10)}.`,
    ...(report.disturbed
      ? ["Other programs were running meanwhile, so that all of this is too low."]
      : []),
  ];
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${bottom + 84}" viewBox="0 0 ${WIDTH} ${bottom + 84}" role="img" aria-labelledby="title desc">
  <title id="title">Exchanges a second on one core, and what bounds them</title>
  <desc id="desc">${rows.map(({ name, per_s }) => `${escaped(name)}: ${count(per_s)} a second`).join("; ")}.</desc>
  <style>${STYLE}
  </style>
  <rect class="page" width="100%" height="100%" rx="8"/>
  <text class="title" x="24" y="36">Exchanges a second on one core, and what bounds them</text>
${DECADES.map((decade) => gridLine(decade, bottom)).join("\n")}
${rows.map(bar).join("\n")}
${notes.map((note, i) => `  <text class="note" x="24" y="${bottom + 32 + i * 18}">${escaped(note)}</text>`).join("\n")}
</svg>
`;
}

function gridLine(decade: number, bottom: number): string {
  const x = xOf(decade).toFixed(1);
  return `  <line class="grid" x1="${x}" x2="${x}" y1="${BAR.top - 8}" y2="${bottom - 6}"/>
  <text class="tick" x="${x}" y="${BAR.top - 14}" text-anchor="middle">${count(decade)}</text>`;
}

function bar({ key, name, per_s }: Row, i: number): string {
  const y = BAR.top + i * (BAR.height + BAR.gap);
  const middle = y + BAR.height / 2 + 5;
  const end = xOf(Math.max(per_s, DECADES[0] * 1.1)); // below the first decade it would have no width
  return `  <text x="${BAR.left - 12}" y="${middle}" text-anchor="end">${escaped(name)}</text>
  <rect class="${key === "service" ? "ours" : "bar"}" x="${BAR.left}" y="${y}" width="${(end - BAR.left).toFixed(1)}" height="${BAR.height}" rx="3"/>
  <text x="${(end + 8).toFixed(1)}" y="${middle}">${count(per_s)}</text>`;
}

/** From the first decade, where the bars begin, to the last. */
function xOf(per_s: number): number {
  const [first, last] = [DECADES[0], DECADES.at(-1) ?? DECADES[0]];
  const share = Math.log(per_s / first) / Math.log(last / first);
  return BAR.left + Math.min(share, 1) * (BAR.right - BAR.left);
}

const count = (value: number) => Math.round(value).toLocaleString("en");
const escaped = (text: string) =>
  text.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;");
