import { randomBytes } from 'node:crypto'
import { chmodSync } from 'node:fs'
import { journalTo } from '../../src/web/journal'
import { Web } from '../../src/web/web'
import { Place } from '../cli/support'
import { Visitor } from './visitor'

const connectors =
  '[contoso-hybrid]\ntenant = contoso\ntls_certificate_name = *.contoso.com\n' +
  'contacts = postmaster@contoso.com\n' +
  '[contoso-plant]\ntenant = contoso\naddresses = 192.0.2.0/28\n' +
  '[fabrikam]\naddresses = 198.51.100.7\nsender_domains = fabrikam.com\nesu = yes\n'

/** The operator's page in this process, on a store of its own, with a clock that can be moved. */
export class Office {
  readonly token = randomBytes(32).toString('base64url')
  readonly place: Place
  readonly lines: string[] = []
  /** How far the page's clock is ahead, ms. */
  aheadMs = 0
  origin = ''
  #web: Web | null = null

  constructor(main = '', web = '') {
    this.place = new Place({
      'config/exchange-enforcement.ini': `[main]\nmode = enforce\n${main}\n[store]\npath = store\n[web]\ntoken_file = token\n${web}\n`,
      'config/exchange-enforcement.connectors.ini': connectors,
    })
    this.writeToken(this.token)
  }

  writeToken(token: string): void {
    chmodSync(this.place.write('config/token', `${token}\n`), 0o600)
  }

  async open(): Promise<void> {
    const now = (): number => Date.now() + this.aheadMs
    this.#web = new Web({
      folder: this.place.config,
      listen: { host: '127.0.0.1', port: 0 },
      journal: journalTo((line) => this.lines.push(line), now),
      now,
      pollMs: 300,
    })
    this.origin = await this.#web.start()
  }

  visitor(headers: Readonly<Record<string, string>> = {}): Visitor {
    return new Visitor(this.origin, headers)
  }

  async loggedIn(headers: Readonly<Record<string, string>> = {}): Promise<Visitor> {
    const visitor = this.visitor(headers)
    await visitor.login(this.token)
    return visitor
  }

  /** Ends the page; the store and the files stay. */
  async close(): Promise<void> {
    await this.#web?.stop()
    this.#web = null
  }

  async remove(): Promise<void> {
    await this.close()
    this.place.remove()
  }
}
