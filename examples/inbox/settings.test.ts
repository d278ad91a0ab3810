import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { custodiaOptions, dataFolder, listenOn, organisationId, teamShares } from './settings.ts'

const key = 'custodia_secret_0123456789'

describe('the settings', () => {
  it('say where to listen: on the loopback, at a free port, unless told', () => {
    assert.deepEqual(listenOn({}), { host: '127.0.0.1', port: 0 })
    assert.deepEqual(listenOn({ INBOX_LISTEN: '[::1]:4100' }), { host: '::1', port: 4100 })
    for (const wrong of ['', '4100', 'host', ':4100', 'a:99999', 'a:b'])
      assert.throws(() => listenOn({ INBOX_LISTEN: wrong }), /INBOX_LISTEN/)
  })

  it('have no default for what must be right', () => {
    assert.throws(() => dataFolder({ INBOX_DATA: '' }), /INBOX_DATA is not set/)
    assert.throws(() => custodiaOptions({ CUSTODIA_APPLICATION_KEY: key }), /CUSTODIA_URL is not set/)
    assert.throws(() => custodiaOptions({ CUSTODIA_URL: 'http://x' }), /CUSTODIA_APPLICATION_KEY_FILE is not set/)
    for (const wrong of [undefined, '', 'org_1', `org_${'A'.repeat(26)}`, `usr_${'a'.repeat(26)}`])
      assert.throws(() => organisationId({ INBOX_ORGANISATION: wrong }), /INBOX_ORGANISATION/)
  })

  it('say who has the team’s mailbox at first: nobody unless told', () => {
    assert.deepEqual(teamShares({}), [])
    assert.deepEqual(teamShares({ INBOX_TEAM: ' owner=role:administrator  reader=user:usr_a ' }), [
      { relation: 'owner', type: 'role', id: 'administrator' },
      { relation: 'reader', type: 'user', id: 'usr_a' },
    ])
    for (const wrong of [
      'role:member',
      'parent=role:member',
      'owner=application:inbox',
      'owner=role:',
      'owner=user:a,b=c d',
    ])
      assert.throws(() => teamShares({ INBOX_TEAM: wrong }), /INBOX_TEAM/)
  })

  it('take the key from a file rather than from the environment where both are there', () => {
    const environment = {
      CUSTODIA_URL: 'http://x',
      CUSTODIA_APPLICATION_KEY: key,
      CUSTODIA_APPLICATION_KEY_FILE: '/run/key',
    }
    const options = custodiaOptions(environment)
    assert.equal(options.keyFile, '/run/key')
    assert.equal('key' in options, false)
  })
})
