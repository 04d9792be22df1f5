import { createHash } from 'node:crypto'
import { stylesheet } from '../report/page/stylesheet'

/** What only the operator's page has: forms that change something. */
const forms = `
[hidden]{display:none}
.field{max-width:36rem;margin-top:1rem}
.field label{font-size:1rem;color:var(--text)}
.field.check{display:flex;align-items:center;gap:.5rem}
.field.check label{font-weight:400}
.field input[type=number],.field input[type=date]{max-width:12rem}
.field input[aria-invalid]{border-color:var(--refused)}
.hint{color:var(--muted);font-size:.93em}
.problem{color:var(--refused);font-weight:600}
form .buttons,main>.buttons{margin-top:1.25rem}
form>.hint{margin-top:.6rem}
.effects{list-style:disc;padding-left:1.2rem;margin:.75rem 0}
.effects li+li{margin-top:.25rem}
.reason{margin-bottom:1rem}
.sheet{max-width:48rem;margin-top:1rem}
.login{max-width:26rem;margin:6vh auto 0}
.account button{min-height:2rem;padding:.15rem .8rem;font-weight:400}
@media print{form,.hint{display:none}}
`.replaceAll('\n', '')

export const stylesheetText = `${stylesheet}${forms}`

/** Another text has another address, so that browsers may keep it. */
export const stylesheetAddress = `/style-${createHash('sha256').update(stylesheetText).digest('hex').slice(0, 16)}.css`
