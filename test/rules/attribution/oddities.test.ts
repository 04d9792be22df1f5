import assert from 'node:assert/strict'
import { findOddities } from '../../../src/rules/attribution/oddities'
import { settingsOf } from '../../config/support'

describe('findOddities', () => {
  it('misses contacts only where no connector of the tenant names any, since all of its servers are told of to them', () => {
    const { connectors } = settingsOf({
      connectors: `
[contoso-hybrid]
tenant = contoso
tls_certificate_name = mail.contoso.com
contacts = it@contoso.com
[contoso-branch]
tenant = contoso
tls_certificate_name = branch.contoso.com
[fabrikam]
tls_certificate_name = mail.fabrikam.com
`,
    })
    const found = (noticesEnabled: boolean) =>
      findOddities(connectors, { noticesEnabled, esuCounts: true }).flatMap(({ kind, connector }) =>
        kind === 'no-contacts' ? connector : [],
      )
    assert.deepEqual(found(true), ['fabrikam'])
    assert.deepEqual(found(false), [])
  })
})
