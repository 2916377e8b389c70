/**
 * Schemas of other libraries where only one of TypeBox 0.34 is taken: inside of one, and as the attributes of the account
 * routes.
 */
import { Type as Type034 } from '@sinclair/typebox'
import { type } from 'arktype'
import t from 'tap'
import Type from 'typebox'
import * as v from 'valibot'
import { z } from 'zod'
import { findLibrary, isTypeBox1 } from '../../src/claims/foreign-schema.js'
import { createAccounts } from '../support/accounts.js'
import { createApp, startIssuer } from '../support/app.js'

const { eu } = await startIssuer(t)

const LIBRARIES = {
  zod: z.object({ a: z.string() }),
  valibot: v.object({ a: v.string() }),
  arktype: type({ a: 'string' }),
  'typebox 1.x': Type.Object({ a: Type.String() }),
}

t.test('a schema of another library is named', async (t) => {
  const app = await createApp(t, { eu: eu.options() })
  for (const [library, schema] of Object.entries<unknown>(LIBRARIES)) {
    t.throws(() => app.authRequired('eu', { claims: Type034.Object({ it: schema as never }) }), {
      name: 'TypeError',
      message: new RegExp(`claims\\.it: expected a schema of @sinclair/typebox 0\\.34, not of ${library}$`),
    })
    await t.rejects(createAccounts(t, { options: { attributes: schema as never } }), {
      name: 'TypeError',
      message: new RegExp(`^user-routes\\.attributes: expected Type\\.Object.*, not a schema of ${library}$`),
    })
  }
})

t.test('what is no schema of another library is not taken for one', async (t) => {
  for (const value of [undefined, null, 7, 'zod', {}, [], () => true, Type034.Object({})])
    t.equal(findLibrary(value), undefined)
  const unknown = { '~standard': { version: 1, vendor: 'constructor', validate: () => ({ value: {} }) } }
  t.equal(findLibrary(unknown), 'another library')
  t.equal(findLibrary(Object.assign(() => true, unknown)), 'another library')
  t.equal(findLibrary({ '~standard': undefined }), 'another library')
  t.notOk(isTypeBox1(LIBRARIES.zod))
})
