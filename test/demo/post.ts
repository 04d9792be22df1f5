import { setTimeout as sleep } from 'node:timers/promises'
import { simpleParser } from 'mailparser'
import type { InstallOptions } from '../support/install'
import { MailSink, routeTo, type Sunk } from '../support/mail-sink'
import { becomesTrue } from '../support/processes'

/** Lines of the main file. */
export const noticeSettings = `
[notices]
enabled = yes
from = postmaster@example.com
`

/** The contacts' mail server: everything that the demonstration's Haraka sends out goes there, and nowhere else. */
export class DemoPost {
  readonly #sink: MailSink
  readonly #lines: string[]
  #tell: ((line: string) => void) | null = null

  private constructor(sink: MailSink, lines: string[]) {
    this.#sink = sink
    this.#lines = lines
  }

  static async open(): Promise<DemoPost> {
    const lines: string[] = []
    const tell = async (mail: Sunk): Promise<void> => {
      const line = await describe(mail)
      if (post.#tell) post.#tell(line)
      else lines.push(line)
    }
    const post: DemoPost = new DemoPost(await MailSink.start({ onMail: tell }), lines)
    return post
  }

  /** What makes Haraka deliver there. */
  get route(): Pick<InstallOptions, 'pluginSources' | 'config'> {
    return {
      pluginSources: { notices_route: routeTo(this.#sink.port) },
      config: { 'outbound.ini': 'local_mx_ok=true\n' },
    }
  }

  /**
   * Tells of the notices that have arrived, and from then on of each that does. Haraka looks for what is due two seconds after its
   * start, and once a minute.
   */
  async tell(say: (line: string) => void, patienceMs = 5_000): Promise<void> {
    await becomesTrue(() => this.#lines.length > 0, patienceMs)
    // The others of the same look are under way.
    await sleep(500)
    say('\nWhat the contacts of the tenants were told by mail:')
    for (const line of this.#lines) say(line)
    this.#tell = say
  }

  stop(): Promise<void> {
    return this.#sink.stop()
  }
}

async function describe({ to, raw }: Sunk): Promise<string> {
  const { subject = '' } = await simpleParser(raw)
  return `  to ${to}: ${subject}`
}
