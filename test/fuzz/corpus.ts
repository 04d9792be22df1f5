import { blocks } from '../rules/evidence/corpus'

/** The header blocks of the corpus; those of many kilobytes are left out, since they only make everything slow. */
export const corpus: readonly string[] = blocks
  .map(({ headers }) => headers.join('\r\n'))
  .filter((block) => block.length <= 4096)
