// The list of tenants, as a database would return it.

export const toUserPoolId = (index) => `eu-west-1_Tenant${index}`

/** Rows of tenants, made anew: a driver does not return the objects of an earlier query. */
export const makeRows = (from, count, clientId) =>
  Array.from({ length: count }, (_, index) => ({
    name: `tenant${from + index}`,
    userPoolId: toUserPoolId(from + index),
    appClientId: `${clientId}`,
  }))
