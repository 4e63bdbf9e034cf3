/** The colours of a chart that stands alone, by day and by night. The dashboard's stylesheet has the same classes. */
export const chartStyle = `<style>
.chart { color-scheme: light dark; --paper: #ffffff; --ink: #14211f; --dim: #54635f; --line: #8a9a96; --card: #ffffff; --soft: #eef3f2; --accent: #0b5f5a; --busy: #2f78c4; --warn: #b7791f; --off: #7a6aa8; }
@media (prefers-color-scheme: dark) { .chart { --paper: #101817; --ink: #e7efed; --dim: #9fb0ac; --line: #6d7d79; --card: #182221; --soft: #22302e; --accent: #4fb8ae; --busy: #6aa9e8; --warn: #e0ac55; --off: #a99ad6; } }
.chart text { font: 13px system-ui, -apple-system, "Segoe UI", Roboto, "Liberation Sans", sans-serif; fill: var(--ink); text-anchor: middle; dominant-baseline: central; }
.chart .paper { fill: var(--paper); }
.chart .box { fill: var(--card); stroke: var(--line); }
.chart text.id { font-size: 11px; fill: var(--dim); }
.chart text.count { font-weight: 600; }
.chart .side { stroke: var(--line); stroke-width: 3; stroke-linecap: round; }
.chart .send .side, .chart .voucher .side, .chart .set .side, .chart .call .side { stroke: var(--accent); }
.chart .wait .side, .chart .await .side, .chart .task .side { stroke: var(--warn); }
.chart .if .side, .chart .switch .side, .chart .split .side, .chart .repeat .side, .chart .enter .side { stroke: var(--busy); }
.chart .start .box, .chart .end .box { stroke: var(--accent); stroke-width: 2; }
.chart .exit .box { stroke: var(--off); }
.chart .edge, .chart .head { fill: none; stroke: var(--line); stroke-width: 1.5; stroke-linejoin: round; }
.chart .back { stroke-dasharray: 5 4; }
.chart .label rect { fill: var(--soft); }
.chart .label text { font-size: 12px; }
.chart .stops .box { fill: none; stroke: var(--line); stroke-dasharray: 4 3; }
.chart .stops text { text-anchor: start; }
</style>
`;
