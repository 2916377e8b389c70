/**
 * Weakenings of `src/claims/`, for `npm run weaken`.
 */

/** @type {import('../../tools/weaken.mjs').Groups} */
export const groups = [
  {
    file: 'claims/reader',
    tests: ['claims/reader'],
    rows: [
      [
        'a claim schema that is kept by reference',
        'compileFields(copySchema(option), path)',
        'compileFields(option, path)',
      ],
    ],
  },
  {
    file: 'claims/reader',
    tests: [
      'claims/reader',
      'claims/standard-claims',
      'guard/application-functions',
      'guard/several-guards',
      'claims/coercion',
      'guard/requirement',
      'guard/arguments',
      'guard/guard',
      'guard/hooks',
    ],
    rows: [
      ['what a type guard answers is truthy', 'answer === true', 'Boolean(answer)'],
      ['a type guard that throws has accepted', 'return false', 'return true'],
      ['claims that do not fit', 'if (!declared.schema.check(values))', 'if (false)'],
      ['standard claims that do not fit', 'if (!isStandard(standard, claims))', 'if (false)'],
      [
        'a schema in place of the standard claims',
        'return standard\n    const extra',
        'void standard\n    const extra',
      ],
      [
        'a type guard in place of the standard claims',
        'return standard\n    return',
        'void standard\n    return',
      ],
      [
        'a type guard’s payload hides the claims',
        '{ claims: { ...payload, ...standard.claims } }',
        '{ claims: { ...payload } }',
      ],
      ['profile claims of prototypes are read', 'Object.hasOwn(payload, name) && ', ''],
      ['a profile claim of any type', "if (typeof value === 'string') claims[name]", 'claims[name]'],
      [
        'a profile claim of another type refuses the token',
        'Type.Omit(ID_CLAIMS, PROFILE_CLAIMS)',
        'Type.Omit(ID_CLAIMS, [])',
      ],
      [
        'a transform that throws is passed over',
        'return { misfits: [`a transform of',
        'void { misfits: [`a transform of',
      ],
      [
        'a promise of a transform is a claim',
        'if (dropPromises(value)) return',
        'if (value === dropPromises) return',
      ],
      ['what counts of the whole object is not named', ', ...counts]', ']'],
      [
        'profile claims of an earlier guard are kept',
        'id: new Set([...names, ...PROFILE_CLAIMS])',
        'id: new Set(names)',
      ],
      [
        'profile claims of an access token are dropped',
        'access: new Set(names)',
        'access: new Set([...names, ...PROFILE_CLAIMS])',
      ],
    ],
  },
  {
    file: 'claims/reader',
    tests: ['claims/checks'],
    rows: [
      ['a default of any type', '  assertDefaults(schema, path)\n', ''],
      ['a schema that cannot be compiled has no name', '() => compileSchema(property)', '() => property'],
    ],
  },
  {
    file: 'claims/reader',
    tests: ['claims/standard-schema', 'claims/renaming'],
    rows: [
      [
        'an arktype schema is a type guard',
        'if (isStandardSchema(option))',
        "if (typeof option === 'object' && isStandardSchema(option))",
      ],
      ['another library in place of TypeBox', 'if (isSchema(option)) return', 'if (option === null) return'],
      [
        'a schema’s output in place of the standard claims',
        'return standard\n    const reading',
        'void standard\n    const reading',
      ],
      [
        'an output hides the standard claims',
        '{ ...standard.claims, ...reading.output }',
        '{ ...reading.output }',
      ],
      [
        'a schema sees the text of a flag',
        'readBySchema({ ...payload, ...standard.claims })',
        'readBySchema(payload)',
      ],
      ['a later guard keeps renamed claims', 'toNames([...sourcesOf(option).keys()])', 'toNames([])'],
      [
        'a reading of another library is shared',
        '      isRepeatable: false,\n',
        '      isRepeatable: true,\n',
      ],
    ],
  },
  {
    file: 'claims/standard-schema',
    tests: ['claims/standard-schema', 'claims/renaming'],
    rows: [
      ['any version of the standard', 'if (version !== 1)', 'if (version === null)'],
      ['a schema without validate', "if (typeof validate !== 'function')", 'if (validate === 0)'],
      [
        'a schema that changes after the boot',
        'Reflect.apply(validate, standard, [value])',
        "schema['~standard'].validate(value)",
      ],
      ['a schema gets the payload itself', 'validate(copyMembers(payload))', 'validate(payload)'],
      ['a schema gets the members of the payload', 'copyValue(copy[name])', 'copy[name]'],
      ['a promise is an output', 'if (isPromised(result)) {', 'if (result === null) {'],
      ['a promise inside of an output', 'return isLate ?', 'return isLate === null ?'],
      ['a rejection without a handler', '  ignoreRejection(result)\n', ''],
      [
        'a rejection beside issues',
        'const isLate = dropPromises(value)\n      if',
        'const isLate = issues === undefined && dropPromises(value)\n      if',
      ],
      ['any output', 'if (!isPlain(value)) return', 'if (value === 0) return'],
      ['an output with the member __proto__', " && !Object.hasOwn(value, '__proto__')", ''],
      ['an output changes a standard claim', 'claim === undefined', 'claim !== null'],
      ['a list that is longer or shorter', 'original.length === items.length &&', ''],
      ['a list with holes', 'Array.from<unknown>(value)', 'value'],
      [
        'a schema that throws has accepted',
        "return { misfits: ['the schema threw'] }",
        'return { output: {} }',
      ],
      ['empty issues are none', 'if (issues !== undefined)', 'if (Object(issues).length)'],
      ['any name in a reason', "NAME.test(key) ? key : 'a claim'", 'key'],
      ['any number of names in a reason', 'all.length > MAX_NAMES', 'all.length > Infinity'],
      ['the path item itself in a reason', "Reflect.get(first, 'key')", 'JSON.stringify(first)'],
    ],
  },
  {
    file: 'claims/renaming',
    tests: ['claims/renaming'],
    rows: [
      ['an inherited member is renamed', 'if (Object.hasOwn(payload, wire))', 'if (wire in payload)'],
      ['the name of a property is read as a claim', 'if (!taken.has(name))', 'if (true)'],
      ['one claim for two names', 'if (twin !== undefined)', 'if (twin === null)'],
      ['another claim for a standard one', 'name !== wire && FIXED_CLAIMS.includes(name)', 'false'],
      ['a standard claim is converted', 'if (FIXED_CLAIMS.includes(wire))', 'if (wire === null)'],
      ['a name that is a prototype', "if (name === '__proto__')", 'if (name === null)'],
    ],
  },
  {
    file: 'claims/foreign-schema',
    tests: ['claims/foreign-schema'],
    rows: [
      ['typebox 1.x is unknown', "&& '~kind' in value", '&& false'],
      ['a vendor that is not known', "?? 'another library'", '?? String(vendor)'],
    ],
  },
  {
    file: 'claims/fields',
    tests: ['claims/standard-claims', 'claims/coercion', 'claims/reader'],
    rows: [
      ['every claim is converted', "if (!isAttribute(wire) && schema['fromText'] !== true) return keep", ''],
      ['fromText is passed over', " && schema['fromText'] !== true", ''],
      ['a flag is read by its schema', 'if (FLAGS.includes(wire)) return readFlag', ''],
      ['claims of prototypes are read', 'Object.hasOwn(payload, wire)', 'wire in payload'],
      ['an inherited member is a claim', 'Object.create(BLANK)', '{}'],
      ['a default is passed over', 'else if (fallback !== undefined)', 'else if (fallback === null)'],
      ['an address of several parts', ' && Object.keys(value).length === 1', ''],
      ['an address inside of any claim', "  wire === 'address' && ", '  '],
      ['an address as an object is unwrapped', " && !typesOf(schema).has('object')", ''],
      ['a default that is shared', '() => structuredClone(value)', '() => value'],
      [
        'a default that is kept by reference',
        "const value: unknown = structuredClone(schema['default'])",
        "const value: unknown = schema['default']",
      ],
    ],
  },
  {
    file: 'claims/checks',
    tests: ['claims/checks'],
    rows: [
      ['another claim for a standard one', 'name !== wire && isStandard(name)', 'false'],
      ['one claim for two properties', '    twin &&\n', '    twin === null &&\n'],
      ['a default that cannot be frozen', ' && (!isRepeatable(schema) || isJsonValue(value))', ''],
      ['a name that is a prototype', '  checkName,\n', ''],
      ['a word inside of a property', '  checkInside,\n', ''],
      ['a word on the whole object', 'if (word !== undefined)\n', 'if (word === null)\n'],
      ['an inherited name inside of a property', '  checkInherited,\n', ''],
      ['a format that nobody knows', '  checkFormat,\n', ''],
      ['any value of fromText', '  checkFromText,\n', ''],
      ['a standard claim of another type by a transform', '  checkTransform,\n', ''],
      ['a schema that no token fits', '  checkTypes,\n', ''],
      ['a default for what Cognito decides', '  checkDefault,\n', ''],
      ['a negation of text', "if (kind === 'Not' && ", 'if (false && '],
      ['a definition of a module that is not used', "typeBoxKindOf(schema) === 'Import' ?", 'false ?'],
      ['a type that a standard claim never has', 'if (hasFixedType(wire)) {', 'if (wire === null) {'],
      ['a type that text never has', 'if (isAttribute(wire) || isFromText) {', 'if (wire === null) {'],
      ['a type that JSON never has', 'if (canBeJson(types)) return', 'if (types) return'],
      ['a type inside that JSON never has', ' ?? findMisfitInside(schema)', ''],
      ['parts that exclude each other', 'if (types.size === 0)', 'if (types.size < 0)'],
      ['a claim that has to be absent', 'isOptional && HAS_TO_BE_ABSENT.has(kind)', 'isOptional === null'],
    ],
  },
  {
    file: 'claims/schema-types',
    tests: ['claims/checks', 'claims/coercion', 'claims/reader', 'claims/standard-claims'],
    rows: [
      ['a union has no types', "case 'Union':", "case 'None':"],
      ['an intersection has no types', "case 'Intersect':", "case 'None':"],
      ['a union is foreign for one of its parts', 'types.size > 0 && !canBeJson(types)', "types.has('Date')"],
    ],
  },
  {
    file: 'claims/coercion',
    tests: ['claims/coercion', 'claims/reader', 'claims/standard-claims'],
    rows: [
      ['numbers by Number()', 'grammar.test(text) ? Number(text) : Number.NaN', 'Number(text)'],
      ['numbers that lose digits', 'Number.isInteger(number) ? Number.isSafeInteger(number) : ', ''],
      ['yes is true', "text === 'true' ?", "text === 'true' || text === 'yes' ?"],
      ['anything but true is false', "text === 'false' ? false : text", 'false'],
      ['any JSON for a list', 'isExpected(value) ? value : text', 'value'],
      ['any date that Date takes', 'DATE.test(text) ? new Date(text)', 'text ? new Date(text)'],
      ['30 February', 'isCalendarDay && ', ''],
      ['text that fits is converted', '!fits(value) ? convert', 'fits ? convert'],
    ],
  },
  {
    file: 'claims/coercion',
    tests: ['user-routes/attributes'],
    rows: [
      [
        'a value that comes back as another',
        ' || JSON.stringify(back) === JSON.stringify(value)',
        ' || true',
      ],
      ['an empty text is stored', " && text !== ''", ''],
    ],
  },
  {
    file: 'claims/standard-claims',
    tests: ['guard/sign-in'],
    rows: [
      ['acr of any type', 'acr: Type.Optional(Type.String())', 'acr: Type.Optional(Type.Any())'],
      ['amr of any type', 'amr: Type.Optional(Type.Array(Type.String()))', 'amr: Type.Optional(Type.Any())'],
    ],
  },
]
