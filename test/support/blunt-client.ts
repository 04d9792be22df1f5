import { once } from 'node:events'
import { connect } from 'node:net'
import type { Socket } from 'node:net'

export type Farewell = 'destroy' | 'resetAndDestroy' | 'end'

/** A session as one conducts it who cares for no reply: he waits for some word after each part, and no longer than a moment. */
export async function speakBluntly(
  port: number,
  parts: readonly string[],
  farewell: Farewell,
  patienceMs = 500,
): Promise<void> {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true })
  socket.on('error', () => undefined)
  await once(socket, 'connect')
  socket.resume()
  for (const [index, part] of parts.entries()) {
    if (socket.destroyed) break
    const isLast = index === parts.length - 1
    const heard = isLast ? null : word(socket, patienceMs)
    socket.write(part, 'utf8')
    await heard
  }
  socket[farewell]()
  if (farewell === 'end') await word(socket, patienceMs, 'close')
  socket.destroy()
}

/** Resolves with the next word of the server, its end, or after a moment. */
async function word(socket: Socket, patienceMs: number, event: 'data' | 'close' = 'data'): Promise<void> {
  if (socket.closed) return
  let timer: NodeJS.Timeout | undefined
  await new Promise<void>((resolve) => {
    const done = (): void => {
      socket.off(event, done).off('close', done)
      resolve()
    }
    timer = setTimeout(done, patienceMs)
    socket.on(event, done).on('close', done)
  })
  clearTimeout(timer)
}

/** A session, one part for each thing to which the server has a word to say. */
export function partsOf(session: string): string[] {
  return session.split(/(?<=^(?:PROXY|EHLO|MAIL|RCPT|DATA)[^\n]*\n)|(?<=^\.\r\n)/m)
}
