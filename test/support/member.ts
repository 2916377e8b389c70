/**
 * A schema of attributes with every type that an attribute may have.
 * @module
 */
import { Type } from '@sinclair/typebox'

export const Member = Type.Object({
  email: Type.String(),
  tenantId: Type.Optional(Type.String({ alias: 'custom:tenant_id' })),
  seats: Type.Optional(Type.Integer({ alias: 'custom:seats' })),
  active: Type.Optional(Type.Boolean({ alias: 'custom:active' })),
  tags: Type.Optional(Type.Array(Type.String(), { alias: 'custom:tags' })),
  since: Type.Optional(Type.Date({ alias: 'custom:since' })),
  rate: Type.Optional(Type.Number({ alias: 'custom:rate' })),
  code: Type.Optional(
    Type.Transform(Type.String({ alias: 'custom:code' }))
      .Decode((text) => BigInt(text))
      .Encode(String),
  ),
})
