"""The page's style sheet: light and dark, screen and paper, nothing from outside."""

STYLE = """
:root {
  --ground: #f7f6f3; --card: #ffffff; --ink: #1c1e21; --soft: #666b73; --line: #e3e1db;
  --accent: #0a6f6a; --tint: #e2f1ef; --answer: #00a86b;
  color-scheme: light dark;
}
@media screen and (prefers-color-scheme: dark) {
  :root {
    --ground: #131517; --card: #1c1f22; --ink: #e8e6e1; --soft: #9ba1a9; --line: #30343a;
    --accent: #5fd0c5; --tint: #17393a; --answer: #3ddc97;
  }
}
* { box-sizing: border-box; }
html { scroll-behavior: smooth; scroll-padding-top: 1rem; -webkit-text-size-adjust: 100%; }
body {
  margin: 0; background: var(--ground); color: var(--ink);
  font: 15px/1.55 ui-sans-serif, system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif;
  display: grid; grid-template-columns: 18.5rem minmax(0, 1fr);
}
code, .mono { font-family: ui-monospace, "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace; }
code { font-size: .92em; }
a { color: inherit; text-decoration: none; }
a:hover { color: var(--accent); }

nav {
  position: sticky; top: 0; height: 100vh; overflow-y: auto; padding: 1.6rem 1.2rem 2rem;
  border-right: 1px solid var(--line); font-size: 13.5px;
}
nav strong { display: block; font-size: 15px; overflow-wrap: anywhere; }
nav h2 {
  margin: 1.3rem 0 .3rem; font-size: 11px; font-weight: 600; letter-spacing: .08em;
  text-transform: uppercase; color: var(--soft);
}
nav ul { list-style: none; margin: 0; padding: 0; }
nav li a { display: flex; justify-content: space-between; gap: .5rem; padding: .13rem 0; }
nav li b {
  min-width: 0; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; font-weight: inherit;
}
nav li span, .count { color: var(--soft); font-variant-numeric: tabular-nums; }
.toggle {
  display: flex; align-items: center; gap: .55rem; margin-top: 1rem; padding: .5rem .7rem;
  background: var(--card); border: 1px solid var(--line); border-radius: .5rem; cursor: pointer;
}
.toggle input { accent-color: var(--accent); width: 1rem; height: 1rem; margin: 0; }
body:has(#answers:not(:checked)) .truth { visibility: hidden; }

main { padding: 2.2rem clamp(1rem, 3vw, 3rem) 4rem; max-width: 80rem; }
h1 {
  margin: 0 0 .2rem; font-size: 1.9rem; line-height: 1.2; letter-spacing: -.02em; overflow-wrap: anywhere;
}
.lead { margin: 0 0 1.6rem; color: var(--soft); }
.summary { display: grid; gap: 1.1rem; grid-template-columns: minmax(0, 1.4fr) minmax(0, 1fr); }
.summary > div { display: grid; gap: 1.1rem; align-content: start; }
.panel {
  background: var(--card); border: 1px solid var(--line); border-radius: .7rem; padding: 1rem 1.2rem;
  overflow-x: auto;
}
.panel h2 { margin: 0 0 .5rem; font-size: .95rem; }
table { border-collapse: collapse; width: 100%; font-size: 13px; }
th, td { text-align: right; padding: .18rem 0 .18rem .8rem; font-variant-numeric: tabular-nums; }
th { font-weight: 500; color: var(--soft); border-bottom: 1px solid var(--line); vertical-align: bottom; }
th:first-child, td:first-child { text-align: left; padding-left: 0; }
.note { margin: .6rem 0 0; font-size: 12.5px; color: var(--soft); }
dl {
  display: grid; grid-template-columns: max-content minmax(0, 1fr); gap: .1rem .9rem;
  align-content: start; margin: 0; font-size: 13px;
}
dt { color: var(--soft); }
dd { margin: 0; overflow-wrap: anywhere; font-variant-numeric: tabular-nums; }

.family > h2 {
  margin: 3rem 0 0; padding-bottom: .4rem; border-bottom: 1px solid var(--line);
  font-size: 1.35rem; letter-spacing: -.01em;
}
.family > h2::first-letter { text-transform: uppercase; }
.task > h3 { margin: 1.8rem 0 .8rem; font-size: 1rem; font-weight: 600; }
.task > h3 .count { margin-left: .6rem; font-weight: 400; font-size: 13px; }
.items { display: grid; gap: 1.1rem; }
.items.single { grid-template-columns: repeat(auto-fill, minmax(min(100%, 22rem), 1fr)); }
.item { padding: 1rem; background: var(--card); border: 1px solid var(--line); border-radius: .7rem; }
.shots { display: grid; gap: .8rem; grid-template-columns: repeat(2, minmax(0, 1fr)); }
.shots.many {
  --gaps: calc((var(--columns) - 1) * .8rem);
  --width: max(var(--least, 12rem), (100% - var(--gaps)) / var(--columns));
  grid-template-columns: repeat(auto-fill, minmax(min(100%, var(--width)), 1fr));
}
.many.upright { --least: 9rem; }
.by3 { --columns: 3; }
.by4 { --columns: 4; }
.by5 { --columns: 5; }
.by6 { --columns: 6; }
.upright .frame { max-width: 22rem; }
.single .shots { grid-template-columns: minmax(0, 1fr); }
.text {
  display: grid; gap: .6rem 1.6rem; grid-template-columns: minmax(0, 1.5fr) minmax(0, 1fr); margin-top: .9rem;
}
.single .text { grid-template-columns: minmax(0, 1fr); }
figure { margin: 0; }
.frame { position: relative; overflow: hidden; border-radius: .4rem; background: var(--line); }
.frame img { display: block; width: 100%; height: auto; }
.frame svg { position: absolute; inset: 0; width: 100%; height: 100%; fill: none; }
.under { stroke: #000; stroke-opacity: .75; stroke-width: 4.5; }
.asked { stroke: #fff; stroke-width: 2; stroke-dasharray: 5 3.5; }
.true { stroke: #2bf59b; stroke-width: 2.4; }
figcaption {
  margin-top: .35rem; font-size: 12px; line-height: 1.4; color: var(--soft); overflow-wrap: anywhere;
}
figcaption b { color: var(--ink); font-weight: 600; }
figcaption .truth { display: block; }
.key {
  display: inline-block; width: .72em; height: .72em; margin-right: .35em;
  border: 2px solid; border-radius: 50%;
}
.key.asked { border-style: dashed; border-width: 1.5px; }
.key.true { color: var(--answer); }
.said { margin: 0 0 .7rem; }
.who {
  display: block; font-size: 11px; font-weight: 600; letter-spacing: .07em; text-transform: uppercase;
  color: var(--soft);
}
.value {
  padding: .08em .4em; border-radius: .3em; background: var(--tint); color: var(--accent);
  font-weight: 600; white-space: nowrap;
}
.text dl { font-size: 12.5px; }
.single .text dl { padding-top: .6rem; border-top: 1px solid var(--line); }
.origin { margin: .7rem 0 0; font-size: 11.5px; color: var(--soft); overflow-wrap: anywhere; }

@media screen and (max-width: 1399px) { .summary { grid-template-columns: minmax(0, 1fr); } }
@media screen and (max-width: 860px) {
  body { display: block; }
  nav { position: static; height: auto; border-right: 0; border-bottom: 1px solid var(--line); }
  .text { grid-template-columns: minmax(0, 1fr); }
}
@media screen and (max-width: 560px) { .shots { grid-template-columns: minmax(0, 1fr); } }
@media print {
  body { display: block; background: #fff; font-size: 10pt; }
  nav { display: none; }
  main { padding: 0; max-width: none; }
  .item, .panel { break-inside: avoid; }
  .panel { overflow: visible; }
  .summary { grid-template-columns: 1fr; }
  .text { grid-template-columns: 1.5fr 1fr; }
  .family > h2, .task > h3 { break-after: avoid; }
  .items.single { grid-template-columns: repeat(2, 1fr); }
  .shots.many { grid-template-columns: repeat(3, 1fr); }
  * { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
}
"""
