import assert from 'node:assert/strict'
import { readEvidence } from '../../../src/rules/evidence/reading'
import { blocks, factsOf, isAnonymousFrontEnd, labelled, receivedOf, type Block } from './corpus'

const plain = { trustedRelays: [], lookBehindRelays: false }

/** The block as a server saw it when the hop at `index` connected to it. */
function cut(block: Block, index: number): readonly string[] {
  return block.headers.slice(receivedOf(block)[index])
}

describe('906 header blocks of public archives', () => {
  it('are all there, with the labels of 615 blocks of Exchange on-premises', () => {
    assert.equal(blocks.length, 906)
    assert.equal(blocks.filter((block) => block.topmost_exchange_onprem).length, 615)
  })

  it('name server and build of the topmost Exchange hop where that connects', () => {
    let raised = 0
    for (const block of blocks) {
      const top = block.topmost_exchange_onprem
      if (!top) continue
      const evidence = readEvidence(cut(block, top.index), plain).connecting
      const facts = factsOf(evidence)
      assert.equal(evidence.field, 0, block.id)
      assert.equal(facts.kind, 'exchange', block.id)
      assert.equal(facts.server, top.by.toLowerCase(), block.id)
      assert.equal(facts.build, labelled(block, top.index).build, block.id)
      if (facts.build !== top.build) raised++
      else assert.equal(facts.rawId, top.raw_id, block.id)
    }
    assert.equal(raised, 10, 'E3 finds a higher id below in ten blocks')
  })

  it('tell of the whole block what stands on top of it', () => {
    for (const block of blocks) {
      const evidence = readEvidence(block.headers, plain).connecting
      assert.deepEqual(factsOf(evidence), labelled(block, 0), block.id)
      assert.equal(evidence.field, receivedOf(block)[0] ?? null, block.id)
    }
  })

  it('agree with the label of every hop at every cut', () => {
    let hops = 0
    for (const block of blocks) {
      for (const index of receivedOf(block).keys()) {
        const found = factsOf(readEvidence(cut(block, index), plain).connecting)
        assert.deepEqual(found, labelled(block, index), `${block.id} at ${index}`)
        hops++
      }
    }
    assert.equal(hops, 6122)
    const anonymous = blocks.flatMap((block) => block.exchange_hops.filter(isAnonymousFrontEnd))
    assert.equal(anonymous.length, 3, 'the only labels that the name no longer bears out')
  })

  for (const category of ['other-mta', 'smtpsvc-only', 'exchange-online-only'] as const) {
    it(`never take a hop of a block of ${category} for Exchange on-premises`, () => {
      const some = blocks.filter((block) => block.category === category)
      assert.ok(some.length > 40)
      for (const block of some) {
        for (const index of receivedOf(block).keys()) {
          const { connecting, behind } = readEvidence(cut(block, index), { ...plain, lookBehindRelays: true })
          assert.notEqual(connecting.kind, 'exchange', `${block.id} at ${index}`)
          assert.notEqual(behind?.kind, 'exchange', `${block.id} behind ${index}`)
        }
      }
    })
  }

  it('show the first Exchange hop behind a peer that is none', () => {
    let behindPeers = 0
    for (const block of blocks) {
      const { connecting, behind } = readEvidence(block.headers, { ...plain, lookBehindRelays: true })
      const first = receivedOf(block).findIndex((_, index) => labelled(block, index).kind !== 'neither')
      if (factsOf(connecting).kind !== 'neither' || first < 0) {
        assert.equal(behind, null, block.id)
        continue
      }
      assert.ok(behind, block.id)
      assert.deepEqual(factsOf(behind), labelled(block, first), block.id)
      assert.equal(behind.field, receivedOf(block)[first], block.id)
      behindPeers++
    }
    assert.ok(behindPeers > 500, `${behindPeers} blocks`)
  })

  it('show the X-MimeOLE of Exchange 2000 and 2003, and of nothing else', () => {
    for (const block of blocks) {
      const value = block.headers.find((field) => /^x-mimeole:/i.test(field)) ?? ''
      const version = value.includes('Microsoft Exchange V') ? value.split('Produced By ')[1] : null
      assert.equal(readEvidence(block.headers, plain).mimeOle, version, block.id)
    }
  })
})
