import type { Target } from './target'
import { certificate, certificateName, chain, der } from './targets/certificate'
import { addresses, catalogue, ini } from './targets/configuration'
import { headerEdits } from './targets/header-edits'
import { mailbox } from './targets/mailbox'
import { evidence, received } from './targets/received'
import { recordKeys, records } from './targets/records'
import { session } from './targets/session'

export const targets: readonly Target[] = [
  evidence,
  received,
  session,
  headerEdits,
  certificate,
  chain,
  certificateName,
  der,
  addresses,
  records,
  recordKeys,
  mailbox,
  ini,
  catalogue,
]
