/**
 * Weakenings of `src/settings/`, for `npm run weaken`.
 */

/** @type {import('../../tools/weaken.mjs').Groups} */
export const groups = [
  {
    file: 'settings/environment',
    tests: ['settings/environment', 'settings/file'],
    rows: [
      [
        'plain http by the environment',
        'Object.entries(pools)) assertNoInsecureHttp(',
        'Object.entries({})) assertNoInsecureHttp(',
      ],
      ['a name twice in the JSON of the environment', 'repeated === undefined', 'true'],
      ['a default pool in another case', 'chosen.toLowerCase()', 'chosen'],
      [
        'a wrong value under another name',
        'if (given !== undefined) return',
        'if (option === undefined && given) return',
      ],
      ['control characters in the name of a pool', 'printable(describe([', '((text) => text)(describe(['],
    ],
  },
  {
    file: 'settings/variables',
    tests: ['settings/environment'],
    rows: [
      ['names in another case vanish', "$`, 'is')", "$`, 's')"],
      ['a beginning in another case vanishes', '/^COGNITO_/i', '/^COGNITO_/'],
      ['pools whose names differ in case', "(prefix ?? 'default').toLowerCase()", "(prefix ?? 'default')"],
      ['a URL of keys that vanishes', 'for (const name of given) assertNotKeysUrl(name)', ''],
      ['two variables for one option', 'if (other !== undefined) throw', 'if (false) throw'],
      [
        'a misspelt variable vanishes',
        'if (!OURS.test(name)) assertForeign(name, prefixes)',
        'void prefixes',
      ],
      ["a stranger among a pool's variables", 'if (prefix !== undefined) throw', 'if (false) throw'],
      ['of two pools the shorter name', 'b.length - a.length', 'a.length - b.length'],
      ['an option that no variable sets', 'if (UNMISTAKABLE.some(', 'if ([].some('],
      ['a pool of misspelt variables alone', ' ?? nearestEnd(rest)', ''],
      ['a client id of somebody else', 'nearestSpelling(words', 'nearestName(words'],
      [
        'an empty variable that is misspelt',
        'filter((name) => env[name] !== undefined)',
        'filter((name) => env[name])',
      ],
    ],
  },
  {
    file: 'settings/file',
    tests: ['settings/file', 'settings/environment'],
    rows: [
      [
        'a name twice in a JSON file',
        'if (repeated === undefined) return value',
        'if (repeated !== null) return value',
      ],
      [
        'a name twice in YAML',
        'parseDocument(text, { uniqueKeys, ',
        'parseDocument(text, { uniqueKeys: false, ',
      ],
      ['one name of two types in YAML', 'String(a.value) === String(b.value)', 'a.value === b.value'],
      ['a tag of YAML that vanishes', '[...document.errors, ...document.warnings]', '[...document.errors]'],
      ['control characters in the names of a file', '=>\n    printable(', '=>\n    String('],
    ],
  },
  {
    file: 'settings/index',
    tests: ['settings/file'],
    rows: [['tenants of a file are not explained', "if ('tenants' in options)", 'if (false)']],
  },
  {
    file: 'settings/fastapi',
    tests: ['settings/fastapi', 'settings/file'],
    rows: [
      ['a misspelt setting of fastapi-cognito', 'if (near !== undefined) throw', 'if (false) throw'],
      ['an option beside userpools', 'nearestSpelling(name, OWN_OPTIONS) === undefined', 'true'],
    ],
  },
]
