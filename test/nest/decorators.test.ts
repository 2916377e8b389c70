/**
 * Decorators in a wrong place stop the import of the class.
 * @module
 */
import t from 'tap'
import { Cognito, CognitoOptional, Public } from '../../src/nest/index.js'
import { decorate } from '../support/nest-app.js'

class Orders {
  static all() {}
  list() {}
}

const descriptor = Object.getOwnPropertyDescriptor(Orders.prototype, 'list')
const call = (decorator: unknown, ...given: unknown[]) => Reflect.apply(decorator as never, undefined, given)

t.test('a decorator belongs on a class or a method', async (t) => {
  for (const [name, decorator] of Object.entries({
    Cognito: Cognito(),
    CognitoOptional: CognitoOptional(),
    Public: Public(),
  })) {
    for (const [what, target] of Object.entries<readonly unknown[]>({
      property: [Orders.prototype, 'size'],
      accessor: [Orders.prototype, 'size', { get: () => 'large' }],
      parameter: [Orders.prototype, 'list', 0],
      'static method': [Orders, 'all', Object.getOwnPropertyDescriptor(Orders, 'all')],
      instance: [new Orders()],
    })) {
      const message = new RegExp(
        `^Orders(\\.\\w+)?: expected @${name} on a class, or on a method, and not on anything else$`,
      )
      t.throws(() => call(decorator, ...target), { name: 'TypeError', message }, `${name} on a ${what}`)
    }
  }
  t.doesNotThrow(() => call(Cognito(), Orders.prototype, 'list', descriptor))
})

t.test('a decorator has parentheses', async (t) => {
  for (const [name, factory] of Object.entries({ Cognito, CognitoOptional, Public })) {
    const message = `@${name}: expected parentheses, as in @${name}()`
    t.throws(() => call(factory, Orders), { name: 'TypeError', message }, `${name} on a class`)
    t.throws(() => call(factory, Orders.prototype, 'list', descriptor), { message }, `${name} on a method`)
  }
  t.doesNotThrow(() => Cognito(() => 'eu'), 'a function chooses the pool')
  t.doesNotThrow(() => Cognito('eu', {}))
})

t.test('a class or method has one mark', async (t) => {
  class Base {
    list() {}
  }
  class Inner extends Base {}
  decorate(Base, { type: [Cognito()] })
  decorate(Inner, { type: [Public()] })
  t.throws(() => decorate(Inner, { type: [CognitoOptional()] }), {
    name: 'TypeError',
    message: 'Inner: expected one mark, and not @CognitoOptional beside @Public',
  })
  decorate(Base, { methods: { list: [Cognito('eu')] } })
  t.throws(() => decorate(Base, { methods: { list: [Cognito('us')] } }), {
    message: 'Base.list: expected one mark, and not @Cognito beside @Cognito',
  })
})

t.test(
  'a class that extends another has one mark, even when a constant is the decorator of both',
  async (t) => {
    const Admin = Cognito('eu', { groups: 'admins' })
    class Base {}
    class Inner extends Base {}
    class Outer extends Inner {}
    decorate(Base, { type: [Admin] })
    decorate(Inner, { type: [Admin] })
    t.throws(() => decorate(Inner, { type: [Public()] }), {
      name: 'TypeError',
      message: 'Inner: expected one mark, and not @Public beside @Cognito',
    })
    t.doesNotThrow(() => decorate(Outer, { type: [Public()] }))
  },
)
