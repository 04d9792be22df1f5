/** Colours by the role they play: [light, dark]. Text on its ground has a contrast of 4.5 at least, marks of 3 (WCAG AA). */
const colours: Readonly<Record<string, readonly [light: string, dark: string]>> = {
  ground: ['#f4f6f8', '#11151a'],
  surface: ['#ffffff', '#191f26'],
  raised: ['#eef1f5', '#222a33'],
  text: ['#1a222c', '#e3e8ee'],
  muted: ['#545f6d', '#a4afbb'],
  line: ['#d7dde4', '#313b46'],
  strong: ['#8792a0', '#6f7c8a'],
  link: ['#175a9e', '#84b9f2'],
  // Told apart by lightness as well, for who sees no colour and for print.
  accepted: ['#7ba0c4', '#54799c'],
  deferred: ['#d08a12', '#e3a43c'],
  refused: ['#8e1842', '#f2799f'],
  'outdated-ink': ['#a0360f', '#f79b76'],
  'paused-ink': ['#5d4a9c', '#b9a7f0'],
  'exempt-ink': ['#4f5a68', '#b4bec9'],
  'recovered-ink': ['#175a9e', '#84b9f2'],
  'compliant-ink': ['#1d6b45', '#7fcfa2'],
  'alarm-ground': ['#fdf0f3', '#33191f'],
  'warning-ground': ['#fdf6e7', '#2e2615'],
  'warning-ink': ['#7a5200', '#eec069'],
  'done-ground': ['#edf7f1', '#16291f'],
}

const palette = (place: 0 | 1): string =>
  Object.entries(colours)
    .map(([name, shades]) => `--${name}:${shades[place]};`)
    .join('')

const base = `
*,*::before,*::after{box-sizing:border-box}
html{font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif;background:var(--ground);color:var(--text);-webkit-text-size-adjust:100%}
body{margin:0;font-variant-numeric:tabular-nums}
h1,h2,h3,p,ul,ol,dl,dd,figure,pre{margin:0;padding:0}
ul,ol{list-style:none}
h1{font-size:1.6rem;line-height:1.25;font-weight:650;letter-spacing:-.01em;overflow-wrap:anywhere;text-wrap:balance}
h2{font-size:1rem;line-height:1.4;font-weight:650}
a{color:var(--link);text-decoration-thickness:1px;text-underline-offset:.18em}
a:hover{text-decoration-thickness:2px}
:focus-visible{outline:3px solid var(--link);outline-offset:2px;border-radius:3px}
main:focus{outline:none}
b,strong{font-weight:650}
code,pre,.build,.cve{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,"Liberation Mono",monospace;font-size:.92em}
.skip{position:absolute;left:1rem;top:-4rem;padding:.5rem 1rem;background:var(--surface);border:1px solid var(--strong);border-radius:0 0 6px 6px;z-index:2}
.skip:focus{top:0}
.of{color:var(--muted);font-size:.88em}
.empty,.note,.more{color:var(--muted)}
.more,.note{margin-top:.6rem;font-size:.93em}
`

const frame = `
.top{display:flex;flex-wrap:wrap;align-items:center;gap:.25rem 1.75rem;padding:.6rem max(1.25rem,calc((100% - 80rem)/2));background:var(--surface);border-bottom:1px solid var(--line)}
.brand{font-weight:700;letter-spacing:-.01em}
.top nav ul{display:flex;flex-wrap:wrap;gap:.15rem}
.top nav a{display:block;padding:.35rem .7rem;border-radius:6px;color:var(--text);text-decoration:none}
.top nav a:hover{background:var(--raised)}
.top nav a[aria-current]{background:var(--raised);font-weight:650;box-shadow:inset 0 -2px var(--link)}
.account{margin-left:auto}
main{display:block;max-width:82.5rem;margin:0 auto;padding:1.5rem 1.25rem 2rem}
.bottom{max-width:82.5rem;margin:0 auto;padding:0 1.25rem 2rem;color:var(--muted);font-size:.88em}
.crumbs{font-size:.93em;margin-bottom:.15rem}
.lead{margin-top:.35rem;max-width:62rem}
.lead+.lead{margin-top:.1rem}
section{margin-top:1.5rem}
section>h2{margin-bottom:.6rem}
.card{padding:1rem 1.25rem 1.15rem;background:var(--surface);border:1px solid var(--line);border-radius:10px;min-width:0}
.columns{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,28rem),1fr));gap:0 1.25rem;align-items:start}
.columns>.card{height:calc(100% - 1.5rem)}
.notice{margin-bottom:.75rem;padding:.6rem .9rem;border:1px solid var(--line);border-left:4px solid var(--strong);border-radius:6px;background:var(--surface);overflow-wrap:anywhere}
.lead~.notice,h1~.notice{margin-top:.75rem}
.notice.done{border-left-color:var(--compliant-ink);background:var(--done-ground)}
.notice.warning{border-left-color:var(--deferred);background:var(--warning-ground)}
.notice.fault{border-left-color:var(--refused);background:var(--alarm-ground)}
.notice ul{margin-top:.4rem;font-size:.93em}
`

const tables = `
.scroll{overflow-x:auto;margin:0 -1.25rem;padding:0 1.25rem}
main>.scroll,.page>.scroll{margin:.75rem 0 0;padding:.25rem 1.25rem .5rem;background:var(--surface);border:1px solid var(--line);border-radius:10px}
table{width:100%;border-collapse:collapse}
caption{text-align:left;color:var(--muted);font-size:.93em;padding-bottom:.3rem}
th,td{padding:.42rem .9rem .42rem 0;text-align:left;vertical-align:top;border-bottom:1px solid var(--line)}
th:last-child,td:last-child{padding-right:0}
tbody tr:last-child>*{border-bottom:0}
thead th{font-size:.82em;font-weight:600;color:var(--muted);white-space:nowrap;border-bottom-color:var(--strong)}
thead th a{color:inherit;text-decoration:none}
thead th a:hover{text-decoration:underline}
th[aria-sort=ascending] a::after{content:" \\2191"/""}
th[aria-sort=descending] a::after{content:" \\2193"/""}
tbody th{font-weight:550;min-width:11.5rem}
.long{overflow-wrap:anywhere}
td .long,th .long{display:inline-block;min-width:9rem}
td{overflow-wrap:break-word}
.number{text-align:right;white-space:nowrap}
time,.build,.cve,.past,.release{white-space:nowrap}
td .of{display:block}
th .of{display:block;font-weight:400}
tbody tr.row:hover>*{background:var(--raised)}
tr.current>*{background:var(--raised);font-weight:650}
tr.replaced>*,.past{color:var(--muted)}
tr.coming td{font-weight:650}
.builds{display:flex;flex-wrap:wrap;gap:.1rem .8rem}
.facts>div{display:grid;grid-template-columns:8.5rem minmax(0,1fr);gap:.1rem .9rem;padding:.3rem 0}
.facts>div+div{border-top:1px solid var(--line)}
.facts dt{color:var(--muted)}
.facts dd{overflow-wrap:anywhere}
.facts dd .builds .build{white-space:nowrap}
.facts{margin-top:.25rem}
.remedy{font-size:1.06rem;padding-bottom:.4rem}
.header-line{white-space:pre-wrap;overflow-wrap:anywhere;padding:.55rem .75rem;background:var(--raised);border-radius:6px}
`

const marks = `
.status{display:inline-flex;align-items:baseline;gap:.35em;white-space:nowrap;font-weight:600;font-size:1rem}
td .status,.label .status,.tally .status{font-size:inherit}
h1 .status,h1 .exploited{letter-spacing:0;margin-left:.4rem}
.status::before{font-size:.8em;width:1em;text-align:center}
.status.outdated{color:var(--outdated-ink)}.status.outdated::before{content:"\\25B2"/""}
.status.paused{color:var(--paused-ink)}.status.paused::before{content:"\\2016"/"";font-weight:900}
.status.exempt{color:var(--exempt-ink)}.status.exempt::before{content:"\\25C7"/""}
.status.recovered{color:var(--recovered-ink)}.status.recovered::before{content:"\\21BA"/""}
.status.compliant{color:var(--compliant-ink)}.status.compliant::before{content:"\\25CF"/""}
.exploited{display:inline-block;white-space:nowrap;padding:0 .45em;border:1px solid var(--refused);border-radius:4px;color:var(--refused);background:var(--alarm-ground);font-size:.8rem;font-weight:600;vertical-align:.1em}
.tally{margin-right:.6rem;white-space:nowrap}
.action.defer{color:var(--warning-ink)}.action.refuse{color:var(--refused)}
.trail li+li{margin-top:.15rem}
.cves{columns:15rem;column-gap:1.5rem;margin-top:.4rem}
.cves li{break-inside:avoid;padding:.12rem 0}
.cves .cannot-tell .cve{color:var(--muted)}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(10.5rem,1fr));gap:.75rem}
.tile a{display:flex;flex-direction:column;height:100%;padding:.75rem 1rem .8rem;background:var(--surface);border:1px solid var(--line);border-radius:10px;color:var(--text);text-decoration:none}
.tile a:hover,.stages a:hover{border-color:var(--strong)}
.tile a:hover .label,.stages a:hover .label{text-decoration:underline}
.tile .count{font-size:1.9rem;line-height:1.2;font-weight:650;letter-spacing:-.02em}
.tile .label{font-weight:600}
.tile .note,.stages .note{margin:0;color:var(--muted);font-size:.85em}
.tile.alarm a{border-color:var(--refused);background:var(--alarm-ground)}
.tile.alarm .count,.tile.alarm .label{color:var(--refused)}
.stages{display:grid;grid-template-columns:repeat(auto-fit,minmax(7.6rem,1fr));gap:.5rem}
.stages a{display:flex;flex-direction:column;height:100%;padding:.55rem .75rem .6rem;background:var(--surface);border:1px solid var(--line);border-radius:8px;color:var(--text);text-decoration:none}
.stages .label{font-size:.85em;font-weight:600;color:var(--muted)}
.stages .count{font-size:1.3rem;line-height:1.3;font-weight:650}
.bar{display:block;width:100%;height:4px;margin:.2rem 0 .35rem}
.bar-all{fill:var(--raised)}
.bar-part{fill:var(--link)}
.budget{margin-bottom:.6rem}
.meter{display:block;width:100%;max-width:24rem;height:10px;margin-top:.25rem}
`

const charts = `
.chart svg{display:block}
.chart>svg{width:100%;height:auto;overflow:visible}
.chart text{font-size:11px;fill:var(--muted)}
.chart .grid line{stroke:var(--line)}
.chart .y,.chart .end{text-anchor:end}
.chart .middle{text-anchor:middle}
.accepted{fill:var(--accepted)}.deferred{fill:var(--deferred)}.refused{fill:var(--refused)}
.stage-strip rect{fill:none;stroke:none}
.stage-strip.odd rect{fill:var(--raised);opacity:.55}
.stage-strip.current text{fill:var(--text);font-weight:700}
.pause-line{fill:var(--paused-ink);opacity:.55}
.pause-swatch{fill:var(--paused-ink)}
.today line{stroke:var(--text);stroke-width:1.5;stroke-dasharray:3 2}
.chart .today text{fill:var(--text);font-weight:650}
.legend{display:flex;flex-wrap:wrap;gap:.2rem 1.2rem;margin-top:.4rem;font-size:.88em;color:var(--muted)}
.legend li{display:flex;align-items:center;gap:.4rem}
.swatch{width:12px;height:12px;flex:none}
.alternative{margin-top:.4rem;font-size:.93em}
summary{cursor:pointer;color:var(--link);padding:.15rem 0}
details details summary,.card>details>summary{font-weight:550}
.settings{columns:26rem;column-gap:1.75rem}
.setting{break-inside:avoid;padding-bottom:1rem}
.setting caption{color:var(--text);font-weight:650;font-family:ui-monospace,Menlo,Consolas,monospace}
.setting thead{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
.setting th{font-weight:400;font-family:ui-monospace,Menlo,Consolas,monospace;font-size:.9em;min-width:12rem}
.setting td code{overflow-wrap:anywhere}
`

const forms = `
.filter{display:flex;flex-wrap:wrap;align-items:end;gap:.6rem .9rem;margin-top:.9rem}
.filter .wide{flex:1 1 16rem}
label{display:block;font-size:.85em;font-weight:600;color:var(--muted)}
label.check{display:flex;align-items:center;gap:.4rem;padding:.5rem 0;color:var(--text)}
input,select,textarea{display:block;width:100%;min-height:2.3rem;margin-top:.15rem;padding:.3rem .6rem;font:inherit;font-size:1rem;font-weight:400;color:var(--text);background:var(--surface);border:1px solid var(--strong);border-radius:6px}
select{max-width:18rem}
input[type=checkbox],input[type=radio]{display:inline-block;width:1.05rem;min-height:1.05rem;height:1.05rem;margin:0;accent-color:var(--link)}
button,.button{display:inline-block;min-height:2.3rem;padding:.3rem 1rem;font:inherit;font-weight:600;color:var(--surface);background:var(--link);border:1px solid var(--link);border-radius:6px;cursor:pointer;text-decoration:none}
button:hover,.button:hover{filter:brightness(1.1)}
button.quiet,.button.quiet{color:var(--text);background:var(--surface);border-color:var(--strong)}
.buttons{display:flex;align-items:center;gap:.9rem}
.downloads{margin-left:.6rem}
.downloads a{margin-left:.35rem}
.controls{display:flex;flex-wrap:wrap;gap:.6rem;margin-top:.9rem}
.cuts ul{display:flex;flex-wrap:wrap;gap:.15rem;margin:.75rem 0}
.cuts a{display:block;padding:.25rem .65rem;border-radius:6px;text-decoration:none}
.cuts a:hover{background:var(--raised)}
.page{margin:0}
.pager{display:flex;flex-wrap:wrap;gap:.4rem 1.2rem;margin-top:.9rem;align-items:baseline}
.pager span:not(.here){color:var(--muted)}
.here{font-weight:650}
`

const narrow = `
@media (max-width:52rem){
.minor{display:none}
}
@media (max-width:40rem){
html{font-size:16px}
main{padding:1rem .9rem 1.5rem}
.top{padding:.5rem .9rem}
.top nav a{padding:.35rem .5rem}
.card{padding:.8rem .9rem 1rem}
.scroll{margin:0 -.9rem;padding:0 .9rem}
main>.scroll,.page>.scroll{padding:.25rem .9rem .5rem}
.facts>div{grid-template-columns:1fr}
.chart text{font-size:25px}
.crowded{display:none}
.swatch{margin-top:.1em}
th,td{padding-right:.6rem}
tbody th{min-width:5.5rem}
tbody td{min-width:3.7rem;overflow-wrap:anywhere}
tbody td.number{min-width:0}
tbody td .of{overflow-wrap:break-word}
thead th{white-space:normal}
time,.build,.past,.release,td .status{white-space:normal}
.tiles{grid-template-columns:repeat(2,1fr)}
.stages{grid-template-columns:repeat(2,1fr)}
.filter label:not(.check){flex:1 1 40%}
}
`

const paper = `
@media print{
:root{${palette(0)}--ground:#fff;--raised:#f1f3f5}
html{font-size:10pt}
.top nav,.account,.skip,.filter,.controls,.pager,.downloads,.alternative,summary{display:none}
.top{border:0;padding:0 0 .5rem}
main,.bottom{max-width:none;padding:0}
.card,.tile a,.stages a{break-inside:avoid}
.card:has(tbody tr:nth-child(20)){break-inside:auto}
thead{display:table-header-group}
tr{break-inside:avoid}
.minor{display:table-cell}
a{color:inherit;text-decoration:none}
.scroll{overflow:visible}
details::details-content{content-visibility:visible;block-size:auto}
svg,.exploited,tr.current>*{print-color-adjust:exact;-webkit-print-color-adjust:exact}
}
@media (forced-colors:active){
.chart text,.today line{forced-color-adjust:auto}
.accepted,.deferred,.refused,.bar-part{forced-color-adjust:none}
}
`

/** The stylesheet of all pages. It names nothing outside. */
export const stylesheet = [
  `:root{color-scheme:light dark;${palette(0)}}@media (prefers-color-scheme:dark){:root{${palette(1)}}}`,
  base,
  frame,
  tables,
  marks,
  charts,
  forms,
  narrow,
  paper,
]
  .join('')
  .replaceAll('\n', '')
