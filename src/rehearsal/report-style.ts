/** The page's own style, light and dark, for a phone first. */
export const reportStyle = `
:root{--ink:#1b1f24;--soft:#5b6570;--paper:#f6f5f2;--card:#fff;--line:#e3e1dc;--c0:#1f6f5c;--c1:#d98e32;--c2:#4f6fb5;--c3:#a3517d}
@media(prefers-color-scheme:dark){:root{--ink:#e8e6e1;--soft:#9aa3ad;--paper:#14171a;--card:#1d2125;--line:#30363c;--c0:#4fb597;--c1:#e3a657;--c2:#8aa6e6;--c3:#d287b0}}
*{box-sizing:border-box}
body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.5 system-ui,-apple-system,"Segoe UI",sans-serif}
main{max-width:60rem;margin:0 auto;padding:1rem}
h1{font-size:1.7rem;margin:.5rem 0 0}h2{font-size:1.15rem;margin:0 0 .6rem;overflow-wrap:anywhere}h3{font-size:.9rem;color:var(--soft);margin:1rem 0 .4rem;font-weight:600}
header p{color:var(--soft);margin:.2rem 0 1rem}
section{background:var(--card);border:1px solid var(--line);border-radius:.6rem;padding:1rem;margin:1rem 0}
section p{margin:.2rem 0 .6rem}
.figures{display:grid;grid-template-columns:repeat(auto-fit,minmax(8rem,1fr));gap:.6rem;margin:0}
.figures div{background:var(--card);border:1px solid var(--line);border-radius:.6rem;padding:.7rem .9rem}
dt{color:var(--soft);font-size:.85rem}dd{margin:0;font-size:1.45rem;font-weight:650;font-variant-numeric:tabular-nums}
.chart{overflow-x:auto}svg{width:100%;min-width:32rem;height:auto;display:block}
svg text{fill:var(--soft);font-size:11px}.grid{stroke:var(--line)}
.s0{fill:var(--c0);background:var(--c0)}.s1{fill:var(--c1);background:var(--c1)}.s2{fill:var(--c2);background:var(--c2)}.s3{fill:var(--c3);background:var(--c3)}
.key{margin-right:1rem;font-size:.9rem}.key i{display:inline-block;width:.8em;height:.8em;border-radius:2px;margin-right:.4em}
.bars{list-style:none;margin:0;padding:0}.bars li{display:grid;grid-template-columns:1fr auto;gap:0 .8rem;padding:.3rem 0}
.bars span{overflow-wrap:anywhere}.bars b{font-variant-numeric:tabular-nums}
.bars div{grid-column:1/-1;background:var(--line);border-radius:3px;height:.5rem}.bars i{display:block;height:100%;background:var(--c0);border-radius:3px;min-width:2px}
.bars small{grid-column:1/-1;color:var(--soft)}
table{width:100%;border-collapse:collapse}th,td{text-align:left;padding:.35rem .4rem;border-bottom:1px solid var(--line)}th{color:var(--soft);font-size:.85rem}td:nth-child(n+2),th:nth-child(n+2){text-align:right;font-variant-numeric:tabular-nums}
.caveats{margin:0;padding-left:1.1rem;color:var(--soft)}
`;
