/** No line of a header is read beyond this; a field that long is no evidence anyway (E7). */
export const maxHeaderLineBytes = 64 * 1024
/** Of one header block no more is kept. */
const maxHeaderLength = 1024 * 1024

const fieldName = /^[!-9;-~]+[ \t]*:/
const separator = /^From .*\d{1,2}:\d\d.*\d{4}/

type State = 'begin' | 'header' | 'body' | 'perhaps-next'

/** Takes the header blocks out of one message or an mbox, line by line, and keeps nothing else. */
export class HeaderSplitter {
  #state: State = 'begin'
  #isMbox = false
  #isBlankBefore = false
  #fields: string[] = []
  #length = 0

  /** True once the rest of the file cannot hold another message. */
  get isDone(): boolean {
    return this.#state === 'body' && !this.#isMbox
  }

  /** The block that ends with this line, if one does. */
  push(text: string): readonly string[] | null {
    const line = text.endsWith('\r') ? text.slice(0, -1) : text
    switch (this.#state) {
      case 'begin':
        return this.#begin(line)
      case 'header':
        return this.#header(line)
      case 'perhaps-next':
        this.#state = 'body'
        if (!fieldName.test(line)) return this.#body(line)
        this.#state = 'header'
        return this.#header(line)
      case 'body':
        return this.#body(line)
    }
  }

  /** The block that the end of the file ends. */
  end(): readonly string[] | null {
    return this.#state === 'header' ? this.#finish() : null
  }

  #begin(line: string): readonly string[] | null {
    if (line === '') return null
    this.#state = 'header'
    if (!line.startsWith('From ')) return this.#header(line)
    this.#isMbox = true
    return null
  }

  #header(line: string): readonly string[] | null {
    if (/^[ \t]/.test(line)) {
      this.#continue(line)
      return null
    }
    if (fieldName.test(line)) {
      this.#add(line)
      return null
    }
    // Some mail servers leave the mailbox's own line inside.
    if (line.startsWith('>From ')) return null
    if (this.#isMbox && separator.test(line)) {
      const block = this.#finish()
      this.#state = 'header'
      return block
    }
    this.#isBlankBefore = line === ''
    return this.#finish()
  }

  #body(line: string): null {
    if (this.#isMbox && this.#isBlankBefore && separator.test(line)) this.#state = 'perhaps-next'
    this.#isBlankBefore = line === ''
    return null
  }

  #add(line: string): void {
    this.#length += line.length
    if (this.#length <= maxHeaderLength) this.#fields.push(line)
  }

  #continue(line: string): void {
    this.#length += line.length + 1
    const last = this.#fields.length - 1
    if (last >= 0 && this.#length <= maxHeaderLength) this.#fields[last] += `\n${line}`
  }

  #finish(): readonly string[] | null {
    const fields = this.#fields
    this.#fields = []
    this.#length = 0
    this.#state = 'body'
    return fields.length > 0 ? fields : null
  }
}
