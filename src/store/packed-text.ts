import { deflateRawSync, inflateRawSync } from 'node:zlib'

/** Names the way of packing and its dictionary: another dictionary needs another mark. JSON never begins so. */
const mark = 'z1:'
/** Shorter texts gain too little. */
const minLength = 200
/** Hardly a record of ours comes near; larger ones are not packed, and what claims to be larger was written by somebody else. */
const maxUnpackedBytes = 1024 * 1024

/**
 * What records mostly hold, the most frequent last (RFC 1951 finds near things more cheaply). Never to be changed under this mark:
 * what was packed with it could not be read again.
 */
const dictionary = Buffer.from(
  '"running":[,"suspected":[,"recovery":[,"stage":8,"events":[[,"recovered","],[,"relapsed","],[,"stage",2],[,"paused","],' +
    '[,"resumed","],[,"exempted","],[,"unexempted","],[,"detected","15.1.2507.],' +
    '"xoorg":["",true],"mime":"Microsoft Exchange V6.5","undetermined","status":"outdated","why":"behind-floor"}' +
    ',"bound":"unbound","bound":"certificate","bound":"reverse","by":"certificate mail.,"by":"internet ","with":"mapi",' +
    'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec Mon, Tue, Wed, Thu, Fri, Sat, Sun, ' +
    '"t":"{"s":1,"t":"","n":"","first":17,"last":17,"ev":{"at":17,"build":"15.2.,"with":"smtp",' +
    '"field":"Received: from  via Mailbox Transport via Frontend Transport (TLS) (2001:db8:fe80:: by .local (192.168.10.' +
    ' with Microsoft SMTP Server (version=TLS1_3, cipher=TLS_AES_256_GCM_SHA384) id 15.1.' +
    ' with Microsoft SMTP Server (version=TLS1_2, cipher=TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384) id 15.2.' +
    ', 2027 00:00 +0100 -0500 2026 :00 +0200 +0000","id":"<@.com>","conn":"","by":"address ' +
    '192.168.10./24","bound":"ehlo","ip":"192.168.10.","status":"compliant","why":"at-or-above-floor"},' +
    '"days":[["2026-11-,0,0],["2026-12-,0,0],["2027-01-01",1000,0,0]]}',
)

/** A text without the room that is alike in all of them: ASCII, less than half as long; short and huge ones stay what they are. */
export function packText(text: string): string {
  if (text.length < minLength || Buffer.byteLength(text) > maxUnpackedBytes) return text
  return mark + deflateRawSync(text, { dictionary, level: 9 }).toString('base64')
}

/** What `packText` was given, or any text that is not packed. `''` for a packed one that is damaged. */
export function unpackText(packed: string): string {
  if (!packed.startsWith(mark)) return packed
  try {
    const bytes = Buffer.from(packed.slice(mark.length), 'base64')
    return inflateRawSync(bytes, { dictionary, maxOutputLength: maxUnpackedBytes }).toString()
  } catch {
    return ''
  }
}
