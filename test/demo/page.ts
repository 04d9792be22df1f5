import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { journalTo } from '../../src/web/journal'
import { makeToken } from '../../src/config/token-file'
import { Web } from '../../src/web/web'

const usualPort = 9905

/** The operator's page on the memory of the demonstration. */
export class DemoPage {
  private constructor(
    readonly url: string,
    readonly token: string,
    private readonly web: Web,
  ) {}

  /** Where it usually is; at a free port where that one is taken, or with `anyPort`. */
  static async open(configFolder: string, anyPort: boolean): Promise<DemoPage> {
    const tokenFile = join(configFolder, 'exchange-enforcement.token')
    makeToken(tokenFile)
    const token = readFileSync(tokenFile, 'utf8').trim()
    const at = async (port: number): Promise<DemoPage> => {
      const journal = journalTo((line) => console.log(line), Date.now)
      const web = new Web({
        folder: configFolder,
        listen: { host: '127.0.0.1', port },
        journal,
        now: Date.now,
      })
      try {
        return new DemoPage(await web.start(), token, web)
      } catch (error) {
        await web.stop()
        throw error
      }
    }
    return anyPort ? at(0) : at(usualPort).catch(() => at(0))
  }

  stop(): Promise<void> {
    return this.web.stop()
  }
}
