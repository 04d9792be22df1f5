import assert from 'node:assert/strict'
import { isCertificateName } from '../../../src/rules/attribution/certificate-name'

describe('A name that can stand in a certificate', () => {
  const names: readonly [name: string, is: boolean, why: string][] = [
    ['mail.contoso.com', true, 'a host'],
    ['*.contoso.com', true, 'every host of a domain'],
    ['xn--mnchen-3ya.example', true, 'an international name in its ASCII form'],
    ['*.com', false, 'every host of a top level'],
    ['*', false, 'everything'],
    ['mail.*.contoso.com', false, 'a wildcard elsewhere'],
    ['192.0.2.1', false, 'an address'],
    ['mail..contoso.com', false, 'an empty label'],
    [`${'a'.repeat(64)}.contoso.com`, false, 'a label of more than 63 octets'],
    [`${'a.'.repeat(130)}com`, false, 'more than 253 octets'],
  ]
  for (const [name, is, why] of names) {
    it(`${is ? 'is' : 'is not'} ${why}: ${name.slice(0, 30)}`, () => {
      assert.equal(isCertificateName(name), is)
    })
  }
})
