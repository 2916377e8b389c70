/**
 * Weakenings of `src/typebox/`, for `npm run weaken`.
 */

/** @type {import('../../tools/weaken.mjs').Groups} */
export const groups = [
  {
    file: 'typebox/index',
    tests: ['typebox/claims'],
    rows: [
      ['any schema for an object', "schema['~kind'] === 'Object'", "schema['~kind']"],
      ['a schema that is kept by reference', 'const own = copySchema(schema)', 'const own = schema'],
      ['a schema that cannot work', '  assertClaimSchema(', '  void ('],
      ['a transform of the whole object', "Object.hasOwn(schema, '~codec')", 'false'],
      ['a default of any type', 'check(fallback())', 'check'],
      ['claims that do not fit', 'if (!whole.check(values))', 'if (false)'],
      ['a codec that throws is passed over', 'return toIssues([name])', 'continue'],
      ['a rejection before a codec that throws', '      dropPromises(values)\n', ''],
    ],
  },
  {
    file: 'typebox/description',
    tests: ['typebox/claims'],
    rows: [
      ['a property of TypeBox 0.34', ' || isSchema(schema)', ''],
      ['a property of another library', " || '~standard' in schema", ''],
      ['a reference to nothing', '!known.includes($ref)', '$ref === null'],
      ['a format that nobody knows', '!isFormat(format)', 'format === null'],
      ['a cyclic type refers to nothing', '...Object.keys(Object($defs))', '...[]'],
      ['an intersection has no types', "return 'Intersect'", "return 'Schema'"],
      ['a negation of text', "? 'Not' : 'Schema'", "? 'Schema' : 'Schema'"],
      ['schemas inside of an object are not looked at', "'properties', ", ''],
      ['items are not looked at', "'items',\n", '\n'],
      ['prefix items are not looked at', "'prefixItems',", ''],
      ['dependent schemas are not looked at', "'dependentSchemas', ", ''],
    ],
  },
  {
    file: 'typebox/library',
    tests: ['typebox/claims'],
    rows: [
      [
        'a function that throws has accepted',
        'validator.Check(value), false',
        'validator.Check(value), true',
      ],
      ['missing members are not named', 'return requiredProperties', 'return []'],
      ['a pointer is not decoded', ".replaceAll('~1', '/')", ''],
    ],
  },
]
