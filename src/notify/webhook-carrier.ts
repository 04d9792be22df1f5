import { createHmac } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import type { Carrier } from './carrier'
import type { Delivery } from '../rules/notice/ledger'

export interface Webhook {
  readonly url: string
  readonly secretFile: string
}

const leastSecretLength = 16

/**
 * Calls the webhook. Whoever gets a call twice knows it by its id; a call without a 2xx answer is made again.
 * @param patienceMs so long a call may take
 */
export function webhookCarrier(
  { url, secretFile }: Webhook,
  now: () => number = Date.now,
  patienceMs = 10_000,
): Carrier {
  return {
    async deliver({ id, content }, handOver) {
      const secret = await readSecret(secretFile)
      if (!secret.ok) return { result: 'failed', error: secret.why, permanent: false }
      if (!(await handOver())) return 'not-ours'
      const timestamp = String(Math.floor(now() / 1000))
      try {
        const answer = await fetch(url, {
          method: 'POST',
          body: content,
          redirect: 'error',
          signal: AbortSignal.timeout(patienceMs),
          headers: {
            'content-type': 'application/json; charset=utf-8',
            'user-agent': 'exchange-enforcement',
            'x-exchange-enforcement-id': id,
            'x-exchange-enforcement-timestamp': timestamp,
            'x-exchange-enforcement-signature': `sha256=${sign(secret.value, timestamp, content)}`,
          },
        })
        await answer.body?.cancel()
        return judge(answer.status)
      } catch (error) {
        return { result: 'failed', error: explain(error, patienceMs), permanent: false }
      }
    },
  }
}

/** HMAC-SHA256 in hexadecimal digits, over the timestamp, a dot and the body. */
export function sign(secret: string, timestamp: string, body: string): string {
  return createHmac('sha256', secret).update(`${timestamp}.${body}`).digest('hex')
}

function judge(status: number): Delivery {
  if (status >= 200 && status < 300) return { result: 'sent' }
  return { result: 'failed', error: `the webhook answered ${status}`, permanent: false }
}

function explain(error: unknown, patienceMs: number): string {
  if (!(error instanceof Error)) return `the webhook could not be called: ${String(error)}`
  if (error.name === 'TimeoutError') return `the webhook gave no answer within ${patienceMs / 1000} s`
  const { cause } = error
  const why = cause instanceof Error && cause.message !== '' ? cause.message : error.message
  return `the webhook could not be called: ${why}`
}

async function readSecret(
  file: string,
): Promise<{ readonly ok: true; readonly value: string } | { readonly ok: false; readonly why: string }> {
  try {
    const value = (await readFile(file, 'utf8')).trim()
    return value.length >= leastSecretLength
      ? { ok: true, value }
      : { ok: false, why: `${file}: the secret has less than ${leastSecretLength} characters` }
  } catch (error) {
    return { ok: false, why: error instanceof Error ? error.message : String(error) }
  }
}
