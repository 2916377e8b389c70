/** Identity of two types; mutual assignability would miss `any`, optional keys and `readonly`. */
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false

/** `expectType<Expected>()(value)` compiles only where the type of `value` is exactly `Expected`. */
export declare function expectType<Expected>(): <Actual>(
  value: Actual,
  ...isExact: Same<Actual, Expected> extends true ? [] : [expected: Expected]
) => void
