/** What is read as mail, and is none from there on. */
export class MailDamage extends Error {
  override readonly name = 'MailDamage'

  /**
   * @param line counts from 1
   * @param byte counts from 0, of the file as it is when unpacked
   */
  constructor(line: number, byte: number, found: string, allowed: string) {
    super(`line ${line} (byte ${byte}): ${found}; ${allowed}`)
  }
}
