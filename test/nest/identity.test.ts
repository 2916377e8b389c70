/**
 * The decorator `@Identity`: what a parameter of a handler gets.
 * @module
 */
import { Get, type PipeTransform } from '@nestjs/common'
import t from 'tap'
import { Cognito, CognitoOptional, Identity, Public } from '../../src/nest/index.js'
import { controller, pools, startNest } from '../support/nest-app.js'

class Upper implements PipeTransform {
  transform(value: string) {
    return value.toUpperCase()
  }
}

class Profile {
  whole(identity: { pool: string }) {
    return { pool: identity.pool, frozen: Object.isFrozen(identity) }
  }
  parts(subject: string, email: unknown, groups: unknown, both: unknown, upper: unknown) {
    return { subject, email, groups, both, upper }
  }
  user(user: unknown) {
    return { user }
  }
  maybe(identity: unknown, subject: unknown) {
    return { identity: identity === null ? null : 'known', subject }
  }
  open(identity: unknown) {
    return { identity }
  }
  unmarked(identity: unknown) {
    return { identity }
  }
}
controller('profile', Profile, {
  methods: {
    whole: [Get('whole/:id'), Cognito('eu')],
    parts: [Get('parts'), Cognito('eu', { tokenUse: 'id' })],
    user: [Get('user'), Cognito('eu', { loadUser: () => ({ id: 7 }) })],
    maybe: [Get('maybe'), CognitoOptional('eu')],
    open: [Get('open'), Public()],
    unmarked: [Get('unmarked')],
  },
  parameters: {
    whole: [Identity()],
    parts: [
      Identity('subject'),
      Identity((it) => it.payload['email']),
      Identity('groups'),
      Identity(({ payload: { email, sub } }) => ({ email, sub })),
      Identity('subject', Upper),
    ],
    user: [Identity('user')],
    maybe: [Identity(), Identity('subject')],
    open: [Identity()],
    unmarked: [Identity()],
  },
})

t.test('a parameter gets the authentication, a member of it, or what a function of it returns', async (t) => {
  const { ask, errors } = await startNest(t, { controllers: [Profile] })
  const claims = { sub: 'f00', email: 'a@example.com', 'cognito:groups': ['staff'] }
  t.strictSame((await ask('/profile/whole/7', pools.eu.accessToken())).body, { pool: 'eu', frozen: true })
  t.strictSame((await ask('/profile/parts', pools.eu.idToken(claims))).body, {
    subject: 'f00',
    email: 'a@example.com',
    groups: ['staff'],
    both: { email: 'a@example.com', sub: 'f00' },
    upper: 'F00',
  })
  t.strictSame((await ask('/profile/user', pools.eu.accessToken())).body, { user: { id: 7 } })
  t.strictSame(errors(), [])
})

t.test('a parameter of an optional handler is null without credentials', async (t) => {
  const { ask } = await startNest(t, { controllers: [Profile] })
  const { body } = await ask('/profile/maybe', pools.eu.accessToken({ sub: 'f00' }))
  t.strictSame(body, { identity: 'known', subject: 'f00' })
  t.strictSame((await ask('/profile/maybe')).body, { identity: null, subject: null })
  t.equal((await ask('/profile/maybe', 'a.b.c')).status, 401)
})

t.test('a handler without a mark that proves an identity gets none: 500', async (t) => {
  const { ask, errors } = await startNest(t, { controllers: [Profile] })
  for (const path of ['open', 'unmarked']) {
    t.equal((await ask(`/profile/${path}`, pools.eu.accessToken())).status, 500, path)
    const message = `Profile.${path}: @Identity expected @Cognito or @CognitoOptional on the method or its class`
    t.match(errors().at(-1), ['error', { name: 'TypeError', message }])
  }
})

t.test('an unknown member stops the import', async (t) => {
  for (const part of ['sub', 'email', 'toString', 7, null]) {
    t.throws(
      () => Identity(part as never),
      { name: 'TypeError', message: /^@Identity: expected a member/ },
      `${part}`,
    )
  }
  t.doesNotThrow(() => Identity('claims'))
})
