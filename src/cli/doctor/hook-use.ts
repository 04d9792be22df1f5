/** What the text of a plugin shows of its hooks. Nothing is run, so it is an opinion, fit for a hint. */
export interface HookUse {
  readonly hook: string
  /** -100 to 100, lower first. */
  readonly priority: number
  /** Where it is registered, counted from 1. */
  readonly line: number
  /** It may answer OK, after which Haraka asks no other plugin on that hook. */
  readonly mayEndChain: boolean
}

const registration = /register_hook\(\s*(['"])(\w+)\1\s*,\s*(['"])(\w+)\3\s*(?:,\s*(-?\d+)\s*)?\)/g
const exported = /^exports\.hook_(\w+)\s*=/gm
/** `next(OK)`, `next(constants.ok, …)`. */
const saysOk = /\bnext\(\s*(?:OK|constants\.ok|constants\.OK)\b/

export function hookUses(code: string): readonly HookUse[] {
  const registered = [...code.matchAll(registration)].map((found): HookUse => {
    const [, , hook = '', , method = '', priority = '0'] = found
    return {
      hook,
      priority: Number(priority),
      line: lineOf(code, found.index),
      mayEndChain: saysOk.test(bodyOf(code, method)),
    }
  })
  const direct = [...code.matchAll(exported)].map((found): HookUse => {
    const [, hook = ''] = found
    return {
      hook,
      priority: 0,
      line: lineOf(code, found.index),
      mayEndChain: saysOk.test(bodyOf(code, `hook_${hook}`)),
    }
  })
  return [...registered, ...direct]
}

/** Lines that take a header field of ours out of the message. */
export function linesRemoving(code: string, field: string): readonly number[] {
  const removal = new RegExp(`remove_header\\(\\s*(['"\`])${field}\\1`, 'gi')
  return [...code.matchAll(removal)].map(({ index }) => lineOf(code, index))
}

/** From its assignment up to the next one at the left margin. */
function bodyOf(code: string, method: string): string {
  const start = code.search(new RegExp(`^exports\\.${method}\\s*=`, 'm'))
  if (start < 0) return ''
  const rest = code.slice(start)
  const end = rest.slice(1).search(/^exports\./m)
  return end < 0 ? rest : rest.slice(0, end + 1)
}

function lineOf(code: string, index: number): number {
  return code.slice(0, index).split('\n').length
}
