import { createHash } from 'node:crypto'
import { stylesheet } from '../report/page/stylesheet'

/** What only the operator's page has: forms, and what can be done. */
const forms = `
.actions ul { display: flex; flex-wrap: wrap; gap: .5rem; list-style: none; margin: .75rem 0 1.25rem; padding: 0 }
form .field { margin: 0 0 1rem; max-width: 34rem }
form .field label { display: block; font-weight: 600 }
form .field.check label { display: inline; font-weight: normal; margin-left: .5rem }
form .hint { margin: .1rem 0 .35rem; color: var(--muted); font-size: .875rem }
form .field input:not([type=checkbox]), form .field select { width: 100%; box-sizing: border-box }
form .field input[type=number], form .field input[type=date] { max-width: 12rem }
form .problem { margin: .1rem 0 .35rem; font-weight: 600 }
.buttons { display: flex; flex-wrap: wrap; align-items: center; gap: 1rem; margin: 1.25rem 0 }
.effects li { margin: .35rem 0 }
@media print { .actions, .account, form { display: none } }
`

export const stylesheetText = `${stylesheet}${forms}`

/** Another text has another address, so that browsers may keep it. */
export const stylesheetAddress = `/style-${createHash('sha256').update(stylesheetText).digest('hex').slice(0, 16)}.css`
