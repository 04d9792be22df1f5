/** What is read as mail, and is none from there on. */
export class MailDamage extends Error {
  override readonly name = 'MailDamage'

  /**
   * @param line counts from 1, `null` where lines are not counted
   * @param byte counts from 0, of the file as it is when unpacked
   */
  constructor(line: number | null, byte: number, found: string, allowed: string) {
    const where = line === null ? `byte ${byte}` : `line ${line} (byte ${byte})`
    super(`${where}: ${found}; ${allowed}`)
  }
}
