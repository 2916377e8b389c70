/**
 * Marks on methods for which NestJS runs no guards stop the boot.
 * @module
 */
import { Get, Module, SetMetadata } from '@nestjs/common'
import t, { type Test } from 'tap'
import { Cognito, CognitoOptional, Public } from '../../src/nest/index.js'
import { controller, decorate, pools, startNest } from '../support/nest-app.js'

for (const name of ['afterInit', 'handleConnection', 'handleDisconnect', '__resolveType']) {
  t.test(`${name} has no mark`, async (t) => {
    const message = `Live.${name}: @Cognito: expected a method that NestJS runs guards for. Verify the request in the method, with CognitoHost`
    const create = (decorator: MethodDecorator, type: ClassDecorator[] = []) => {
      class Live {
        read() {}
      }
      Object.defineProperty(Live.prototype, name, { value() {}, configurable: true, writable: true })
      return decorate(Live, { type, methods: { [name]: [decorator] } })
    }
    await t.rejects(startNest(t, { providers: [create(Cognito('eu'))] }), { name: 'TypeError', message })
    await t.resolves(startNest(t, { providers: [create(Public(), [Cognito('eu')])] }))
    class Desk {
      [name]() {
        return 'in'
      }
    }
    controller('desk', Desk, { methods: { [name]: [Get(), Cognito('eu')] } })
    const { ask } = await startNest(t, { controllers: [Desk] })
    t.equal((await ask('/desk', pools.eu.accessToken())).body, 'in', 'the name of a route is free')
    t.equal((await ask('/desk')).status, 401)
  })
}

/** Starts an application with a mark on a field, and with the options of modules of GraphQL. */
function startField(t: Test, kind: string, mark: MethodDecorator, ...options: unknown[]) {
  class Accounts {
    salary() {}
  }
  // The decorators of @nestjs/graphql do the same.
  decorate(Accounts, { methods: { salary: [SetMetadata(kind, true), mark] } })
  const imports = options.map((useValue) => {
    class GraphQL {}
    Module({ providers: [{ provide: 'GqlModuleOptions', useValue }] })(GraphQL)
    return GraphQL
  })
  return startNest(t, { providers: [Accounts], imports })
}

for (const kind of ['graphql:resolve_property', 'graphql:resolve_reference']) {
  t.test(`a method with the metadata ${kind} has a mark only if NestJS runs its guard`, async (t) => {
    const message =
      /^Accounts\.salary: @Cognito(Optional)?: expected fieldResolverEnhancers: \['guards'\] in the options of GraphQLModule/
    const guards = { fieldResolverEnhancers: ['filters', 'guards'] }
    for (const options of [
      [],
      [{}],
      [null],
      [{ fieldResolverEnhancers: 'guards' }],
      [{ fieldResolverEnhancers: ['filters'] }],
      [guards, {}],
    ]) {
      await t.rejects(startField(t, kind, Cognito('eu'), ...options), { name: 'TypeError', message })
    }
    await t.rejects(startField(t, kind, CognitoOptional('eu')), { name: 'TypeError', message })
    await t.resolves(startField(t, kind, Cognito('eu'), guards))
    await t.resolves(startField(t, kind, Cognito('eu'), guards, guards))
    await t.resolves(startField(t, kind, Public()))
  })
}

t.test('the mark of a class with a field stays allowed', async (t) => {
  class Accounts {
    salary() {}
  }
  const field = SetMetadata('graphql:resolve_property', true)
  decorate(Accounts, { type: [Cognito('eu')], methods: { salary: [field] } })
  await t.resolves(startNest(t, { providers: [Accounts] }))
})
